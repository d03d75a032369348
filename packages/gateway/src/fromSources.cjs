/* eslint-disable no-restricted-syntax -- __dirname: for the repository only */
/*
 * Runs the sources as they are, as Backstage's own transform does, and remembers what became of each file.
 *
 * Every model has a process of its own. Without this each of them loads the compiler and transforms the same files,
 * which was most of the work of a start. Kept by content: a changed source, compiler or option has another name, so
 * nothing is ever stale. Lies in node_modules: a user who may write there could change the code itself. Where it cannot
 * be written, each process transforms for itself. No part of a built package.
 */
const { createHash } = require('node:crypto');
const {
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} = require('node:fs');
const { Module, createRequire } = require('node:module');
const { join } = require('node:path');

const backstage = require.resolve('@backstage/cli/config/nodeTransform.cjs');
const folder = join(
  __dirname,
  '../../../node_modules/.cache/downstage-gateway',
);

if (process.env.BACKSTAGE_CLI_LINKED_WORKSPACE) require(backstage);
else rememberTransforms();

function rememberTransforms() {
  const fromBackstage = createRequire(
    createRequire(backstage).resolve(
      '@backstage/cli-node/config/nodeTransform.cjs',
    ),
  );
  const options = {
    sourceMaps: 'inline',
    module: { type: 'commonjs', ignoreDynamic: true },
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
  };
  const { version } = JSON.parse(
    readFileSync(fromBackstage.resolve('@swc/core/package.json'), 'utf8'),
  );
  const setting = JSON.stringify([version, options]);

  Module._extensions['.ts'] = (module, filename) => {
    const source = readFileSync(filename, 'utf8');
    const name = createHash('sha256')
      .update(JSON.stringify([setting, filename, source]))
      .digest('hex');
    const kept = join(folder, `${name}.js`);
    let code = readOrNothing(kept);
    if (code === undefined) {
      code = fromBackstage('@swc/core').transformSync(source, {
        ...options,
        filename,
      }).code;
      keep(kept, code);
    }
    module._compile(code, filename);
  };
}

function readOrNothing(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whole or not at all: others read it meanwhile. */
function keep(path, code) {
  try {
    mkdirSync(folder, { recursive: true });
    const own = `${path}.${process.pid}`;
    writeFileSync(own, code);
    renameSync(own, path);
  } catch {
    // A folder that is not ours to write: only slower.
  }
}
