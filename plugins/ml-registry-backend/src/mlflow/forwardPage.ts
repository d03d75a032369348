import { createHash } from 'node:crypto';

const SCRIPT = (portal: string) => `
(function () {
  var hash = location.hash.replace(/^#/, '').split('?')[0];
  var part = function (pattern) { var m = pattern.exec(hash); return m && m.slice(1).map(encodeURIComponent); };
  var model = function (name) { var m = /^__([a-z0-9]+(?:(?:-+|[_.])[a-z0-9]+)*)__(.+)$/.exec(name); return '/catalog/' + (m ? m[1] : 'default') + '/model/' + (m ? m[2] : name); };
  var to = '/models', m;
  if ((m = part(/^\\/experiments\\/\\d+\\/runs\\/([0-9a-zA-Z_-]+)/))) to = '/models/runs/' + m[0];
  else if ((m = part(/^\\/experiments\\/(\\d+)/))) to = '/models/runs?experiment=' + m[0];
  else if ((m = part(/^\\/models\\/([^/]+)\\/versions\\/(\\d+)/))) to = model(m[0]) + '/versions?version=' + m[1];
  else if ((m = part(/^\\/models\\/([^/]+)/))) to = model(m[0]);
  var target = ${JSON.stringify(portal).replace(/</g, '\\u003c')} + to;
  document.getElementById('link').href = target;
  location.replace(target);
})();
`;

/**
 * The page behind the links MLflow's client prints, such as
 * `…/mlflow/#/experiments/1/runs/0af3…`. What follows the # never reaches a
 * server, so a script forwards it to the portal's page.
 */
export function createForwardPage(portalUrl: string): {
  html: string;
  contentSecurityPolicy: string;
} {
  const script = SCRIPT(portalUrl.replace(/\/+$/, ''));
  const hash = createHash('sha256').update(script).digest('base64');
  return {
    html: `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Downstage</title></head>
<body><p><a id="link" href="/">Continue to the portal</a></p>
<script>${script}</script></body></html>
`,
    contentSecurityPolicy: `default-src 'none'; script-src 'sha256-${hash}'`,
  };
}
