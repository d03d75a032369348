// docs/first-model.md against the product: what it tells people to press, to fill in and to run is there (walk, section 4).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, glob, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { findPython, root } from '../shell.mjs';

let guide;
let sources;
let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'downstage-guide-'));
  guide = await readFile(join(root, 'docs/first-model.md'), 'utf8');
  sources = '';
  const files = [
    'plugins/*/src/**/*.{ts,tsx}',
    'packages/{app,react}/src/**/*.{ts,tsx}',
    'templates/*/template.yaml',
    'examples/**/*.yaml',
  ];
  for await (const file of glob(files, { cwd: root })) {
    if (/test|__testUtils__/i.test(file)) continue;
    sources += `${await readFile(join(root, file), 'utf8')}\n`;
  }
});
after(() => rm(folder, { recursive: true, force: true }));

/** Pages and buttons of Backstage itself, whose source is not here. */
const ofBackstage = ['Create', 'Review', 'Notifications'];
/** What has a name or a number in it, as the source writes it. */
const written = {
  'Enter as Ann': "`Enter as ${person.name.split(' ')[0]}`",
  'Enter as Eve': "`Enter as ${person.name.split(' ')[0]}`",
  'Version 1': "'Version {{version}}'",
};
/** What the guide itself has called so. */
const chosen = ['First model'];

const quoted = text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

describe('the guide to a first model', () => {
  it('names buttons, tabs and states as the pages do', () => {
    const named = [...guide.matchAll(/\*\*([^*]+)\*\*/g)]
      .flatMap(([, text]) => text.split('→'))
      .map(text => text.trim());
    assert.ok(named.length > 30);
    const unknown = [...new Set(named)].filter(text => {
      if (ofBackstage.includes(text)) return false;
      if (chosen.includes(text)) return !guide.includes(`title \`${text}\``);
      if (written[text]) return !sources.includes(written[text]);
      return !new RegExp(`(['"\`>]|: )${quoted(text)}(['"\`<]|$)`, 'm').test(
        sources,
      );
    });
    assert.deepEqual(unknown, []);
  });

  it('says of every field of the form what goes into it, in the order of the form', async () => {
    const template = await readFile(
      join(root, 'templates/tabular-sklearn/template.yaml'),
      'utf8',
    );
    const form = template.slice(0, template.indexOf('\n  steps:'));
    const titles = [...form.matchAll(/^ {10}title: (.+)$/gm)].map(([, title]) =>
      title.toLowerCase(),
    );
    assert.deepEqual(titles.slice(0, 3), ['name', 'namespace', 'title']);
    assert.ok(titles.includes('repository'));
    const [, steps] = /## 1\. A project from the template\n([^]*?)\n## 2/.exec(
      guide,
    );
    const text = steps.toLowerCase();
    let at = 0;
    for (const title of titles) {
      const found = text.indexOf(title, at);
      assert.ok(found >= 0, `'${title}' is not named after what comes first`);
      at = found;
    }
    const pages = form.match(/^ {4}- title: /gm).length;
    assert.equal(steps.match(/\*\*(Next|Review)\*\*/g).length, pages);
  });

  it('says where commands run that name a file of the repository', () => {
    const [before] = guide.split('examples/data/');
    assert.match(before, /in the folder of the repository:\n\n```sh\n[^`]*$/);
  });

  it('says of a retraining what its dialog says', () => {
    for (const text of [guide, sources])
      assert.match(text, /submits the last successful training job again\./);
  });

  it('makes rows that the endpoint takes, by the program as it stands there', async () => {
    const [, program] = /cat > rows\.py <<'EOF'\n([^]*?)\nEOF\n/.exec(guide);
    const file = join(folder, 'rows.py');
    await writeFile(file, `${program}\n`);
    const python = await findPython();
    const rowsFor = async factor =>
      JSON.parse(
        (
          await promisify(execFile)(
            python,
            [file, join(root, 'examples/data/breast-masses.csv'), factor],
            { maxBuffer: 1e8 },
          )
        ).stdout,
      ).rows;
    assert.match(
      guide,
      /python3 rows\.py examples\/data\/breast-masses\.csv 1 > rows\.json/,
    );
    const [rows, larger] = [await rowsFor('1'), await rowsFor('1.5')];
    assert.equal(rows.length, 400);
    for (const [name, value] of Object.entries(rows[0])) {
      const factor = /radius|perimeter|area/.test(name) ? 1.5 : 1;
      assert.equal(larger[0][name], value * factor, name);
    }
    assert.equal('malignant' in rows[0] || 'mass_id' in rows[0], false);
  });
});
