/** README.md of an archive: what its reader needs for a first start, and where more is told. */
import { REDIS_VERSION, RUSK_VERSION } from "../../src/base/version.ts";
import { executableName, type Target } from "../binary/targets.ts";

/** The page for a target; `paths` are those of the files beside it. */
export function readmePage(target: Target, paths: readonly string[]): string {
  const start = target.os === "win32" ? "rusk.exe" : "./rusk";
  return `# Rusk ${RUSK_VERSION} for ${target.name}

Rusk is a server that speaks the protocol of Redis ${REDIS_VERSION}: every Redis client works with
it. The file \`${executableName(target)}\` is all of it, and needs no installation.

It needs ${target.needs}.

    ${start}                       listens on port 6379, and keeps its data in this folder
    ${start} rusk.conf             as the commented configuration file says
    ${start} --port 7000           any directive is an option, too
    ${start} --help                tools as well: checking, exporting, importing

${SYSTEMS[target.os]}
${paths
  .filter((path) => path in FILES)
  .map((path) => `- \`${path}\`: ${FILES[path]}\n`)
  .join("")}`;
}

const SYSTEMS: Readonly<Record<Target["os"], string>> = {
  linux: `As a service of systemd:

    useradd --system --user-group --home-dir /var/lib/rusk --shell /usr/sbin/nologin rusk
    install -m 755 rusk /usr/bin/rusk
    install -d -o rusk -g rusk -m 2770 /etc/rusk
    install -o rusk -g rusk -m 640 rusk.conf /etc/rusk/rusk.conf
    install -m 644 rusk.service /etc/systemd/system/rusk.service
    systemctl enable --now rusk
`,
  darwin: `The executable is signed by nobody whom macOS knows: if it was downloaded by a browser,
\`xattr -d com.apple.quarantine rusk\` lets it start.

This build is made on Linux, where its header and its signature are checked; it has not been run.
`,
  win32: `This build is made on Linux and was tried under Wine only. It serves clients by the event
loop of the runtime, not by its own, and is slower than on Linux. Snapshots, the append-only log
and the tools work. Unix sockets, TLS, daemonize, syslog and service managers do not; a folder
cannot be synced to the disk there, so that a power cut may take the last file that was renamed.
Under WSL the archive for Linux has none of these limits.
`,
};

const FILES: Readonly<Record<string, string>> = {
  LICENSE: "of Rusk itself",
  "THIRD_PARTY_LICENSES.txt": "of what the executable holds besides",
  "rusk.conf": "every directive, explained",
  "rusk.service": "the service for systemd",
  "rusk.1": "the manual page, for /usr/share/man/man1/",
  "completions/rusk.bash": "for /usr/share/bash-completion/completions/rusk",
  "completions/_rusk": "for zsh, in a folder of its fpath",
  "completions/rusk.fish": "for /usr/share/fish/vendor_completions.d/",
};
