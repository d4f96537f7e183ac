/** set-proc-title and proc-title-template: what ps shows of the server. */
import type { Config } from "../config/config.ts";
import type { ProcessTitle } from "../runtime/process_title.ts";

/** Why CONFIG SET fails, in Redis's words. */
const FAILED = "failed to set process title";

/**
 * Shows the title now if that is wanted, and whenever the template changes; `program` is what was
 * started.
 */
export function followTitle(config: Config, program: string, title: ProcessTitle | null): void {
  const show = () => {
    try {
      title?.show(titleOf(config, program));
    } catch {
      return FAILED;
    }
    return title === null ? FAILED : null;
  };
  if (config.flag("set-proc-title")) show();
  config.onChange(["proc-title-template"], show);
}

/** The template with what its variables stand for. */
function titleOf(config: Config, program: string): string {
  const variables: Readonly<Record<string, string>> = {
    title: program,
    "listen-addr": listenAddress(config),
    "server-mode": "",
    port: config.text("port"),
    "tls-port": config.text("tls-port"),
    "config-file": config.file,
    unixsocket: config.text("unixsocket"),
  };
  const template = config.text("proc-title-template");
  return template.replace(/\{([^{}]*)\}/g, (all, name) => variables[name] ?? all).trim();
}

function listenAddress(config: Config): string {
  const port = config.number("port") || config.number("tls-port");
  if (port === 0) return config.text("unixsocket");
  return `${config.value("bind")[0] ?? "*"}:${port}`;
}
