/** What can be previewed only in a sandbox: each of them can carry scripts, links and forms. */
export type SandboxedKind = 'html' | 'markdown' | 'svg';

export type SandboxColors = {
  text: string;
  background: string;
  border: string;
  dark: boolean;
};

/** Nothing is loaded from anywhere, nothing runs: only what the file itself carries is shown. */
const sandboxPolicy =
  "default-src 'none'; img-src data:; media-src data:; font-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";

/**
 * The document of a frame that shows a file from a training job. For Markdown the content is HTML made from it.
 *
 * @remarks
 * The frame protects the portal: it has the attribute `sandbox` with nothing allowed. So the document has an origin of
 * its own and runs no script. The policy inside it keeps the document from telling others that it was opened. An SVG is
 * shown as a picture, as which no browser runs what is in it.
 */
export function sandboxedDocument(
  kind: SandboxedKind,
  content: string,
  colors: SandboxColors,
): string {
  const head = `<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${sandboxPolicy}"><meta name="referrer" content="no-referrer">`;
  if (kind === 'html') {
    // A page that was made for itself keeps its own white paper.
    return `${head}<style>html{background:#fff;color:#000}</style></head><body>${content}</body></html>`;
  }
  const inner = kind === 'svg' ? picture(content) : content;
  return `${head}<style>${pageStyle(
    colors,
  )}</style></head><body>${inner}</body></html>`;
}

function picture(svg: string) {
  return `<img alt="" src="data:image/svg+xml;charset=utf-8,${encodeURIComponent(
    svg,
  ).replaceAll("'", '%27')}">`;
}

function pageStyle({ text, background, border, dark }: SandboxColors) {
  return `:root{color-scheme:${dark ? 'dark' : 'light'}}
body{margin:16px;background:${background};color:${text};font:14px/1.6 system-ui,sans-serif;overflow-wrap:anywhere}
img{max-width:100%}
table{border-collapse:collapse}th,td{border:1px solid ${border};padding:4px 8px;text-align:left}
code,pre{font-family:ui-monospace,monospace;font-size:13px}
pre{padding:12px;border:1px solid ${border};border-radius:4px;overflow:auto}
blockquote{margin-left:0;padding-left:12px;border-left:3px solid ${border}}
a{color:inherit}a[href^=http]::after{content:" (" attr(href) ")";opacity:.7}`;
}
