/**
 * What `pip config list` prints, by name; a setting of the environment or of `[install]` stands for itself,
 * whichever file it is from.
 */
export function parsePipSettings(lines: readonly string[]): {
  [name: string]: string;
} {
  const settings: { [name: string]: string } = {};
  for (const line of lines) {
    const found = /^(global|install|:env:)\.([a-z][a-z-]*)=(['"])(.*)\3$/.exec(
      line.trim(),
    );
    if (!found) continue;
    const name = found[2].replace(/^\.?default-timeout$/, 'timeout');
    settings[name] = found[4].replace(/\\n/g, ' ').trim();
  }
  return settings;
}

/** Say how pip talks, caches and guards itself, not where packages come from. */
const ofPipAlone = new Set([
  'break-system-packages',
  'cache-dir',
  'compile',
  'disable-pip-version-check',
  'keyring-provider',
  'no-cache-dir',
  'no-color',
  'no-compile',
  'no-input',
  'no-python-version-warning',
  'no-warn-script-location',
  'prefer-binary',
  'progress-bar',
  'quiet',
  'require-virtualenv',
  'root-user-action',
  'user',
  'verbose',
]);

const uvNames = new Map<string, (value: string) => Record<string, string>>([
  ['index-url', value => ({ UV_DEFAULT_INDEX: value })],
  [
    'extra-index-url',
    // pip takes the best version of all indexes.
    value => ({ UV_INDEX: value, UV_INDEX_STRATEGY: 'unsafe-best-match' }),
  ],
  ['find-links', value => ({ UV_FIND_LINKS: value.split(/\s+/).join(',') })],
  ['trusted-host', value => ({ UV_INSECURE_HOST: value })],
  ['cert', value => ({ SSL_CERT_FILE: value })],
  ['proxy', value => ({ HTTPS_PROXY: value, HTTP_PROXY: value })],
  ['timeout', value => ({ UV_HTTP_TIMEOUT: value })],
  ['retries', value => ({ UV_HTTP_RETRIES: value })],
]);

/**
 * The machine's pip settings as variables of uv, which does not read them itself.
 *
 * @returns `unknown` names those that could not be handed over: then only pip does what the machine wants
 */
export function toUvVariables(settings: { [name: string]: string }): {
  variables: Record<string, string>;
  unknown: string[];
} {
  const variables: Record<string, string> = {};
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(settings)) {
    const translate = uvNames.get(name);
    if (translate) Object.assign(variables, translate(value));
    else if (!ofPipAlone.has(name)) unknown.push(name);
  }
  return { variables, unknown };
}

/** Say where pip keeps things and how it guards a machine, which an isolated build decides by itself. */
const ofTheMachine = new Set([
  'cache-dir',
  'no-cache-dir',
  'require-virtualenv',
  'break-system-packages',
  'user',
]);

/** The machine's pip settings as variables of pip, for a pip that cannot read the files they are from. */
export function toPipVariables(settings: {
  [name: string]: string;
}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings)
      .filter(([name]) => !ofTheMachine.has(name))
      .map(([name, value]) => [
        `PIP_${name.toUpperCase().replaceAll('-', '_')}`,
        value,
      ]),
  );
}
