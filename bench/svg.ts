// What the charts have in common: colours, and text that stands on lines.

/** The width of a chart, in pixels. */
export const WIDTH = 880;

const BACKGROUND = "#ffffff";
export const TEXT = "#24292f";
export const FAINT_TEXT = "#57606a";
export const GRID = "#e4e8ec";
export const BETTER = "#2673b8";
export const WORSE = "#c48a3f";
const FONT = "-apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

export interface TextStyle {
  anchor?: "end" | "middle";
  fill?: string;
  weight?: number;
  size?: number;
  /** A rim of the background's colour, which keeps text readable on lines. */
  halo?: boolean;
}

/** A line of text whose foot is at `y`. */
export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { anchor, fill = TEXT, weight, size, halo } = style;
  const attributes = [
    `x="${Number(x.toFixed(1))}" y="${y}" fill="${fill}"`,
    ...(anchor === undefined ? [] : [`text-anchor="${anchor}"`]),
    ...(weight === undefined ? [] : [`font-weight="${weight}"`]),
    ...(size === undefined ? [] : [`font-size="${size}"`]),
    ...(halo ? [`stroke="${BACKGROUND}" stroke-width="3" paint-order="stroke"`] : []),
  ];
  return `<text ${attributes.join(" ")}>${escaped(content)}</text>`;
}

/** An image of this height, whose title is for those who do not see it. */
export function svg(height: number, title: string, content: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}"`,
    `  viewBox="0 0 ${WIDTH} ${height}" font-family="${FONT}" font-size="12">
<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" rx="6" fill="${BACKGROUND}"/>`,
    ...content,
    "</svg>\n",
  ].join("\n");
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
