import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFixture, kindsHere, systemPython } from '../localFixture';
import { SystemdRun } from './SystemdRun';

jest.setTimeout(120_000);

/**
 * A fake of systemd-run, for machines where no systemd runs: it does by bubblewrap what the properties ask for, in a
 * session of its own and without the variables of its caller. No test has seen what a real systemd makes of them.
 */
const fake = (record: string) => `#!${systemPython}
import json, subprocess, sys
at = sys.argv.index("--")
options, command = sys.argv[1:at], sys.argv[at + 1:]
properties = [options[i + 1] for i, option in enumerate(options) if option == "-p"]
with open(${JSON.stringify(record)}, "w") as file:
    json.dump({"options": options, "properties": properties, "command": command}, file)
mounts, folder = [], "/"
for name, value in (text.split("=", 1) for text in properties):
    source, _, target = value.partition(":")
    if name == "WorkingDirectory":
        folder = value
    elif name == "TemporaryFileSystem" and source != "/":
        mounts.append([source, "--tmpfs", source])
    elif name == "BindReadOnlyPaths":
        mounts.append([target or source, "--ro-bind", source, target or source])
    elif name == "BindPaths":
        kind = "--dev-bind" if source.startswith("/dev/") else "--bind"
        mounts.append([target or source, kind, source, target or source])
mounts.sort(key=lambda mount: mount[0].count("/") if mount[0] != "/" else 0)
arguments = [part for mount in mounts for part in mount[1:]]
sys.exit(subprocess.run(
    ["bwrap", "--unshare-user", "--unshare-ipc", "--cap-drop", "ALL", *arguments, "--chdir", folder, "--", *command],
    env={"PATH": "/usr/bin:/bin"}, start_new_session=True,
).returncode)
`;

/** A fake that does not do what the properties ask for, as a manager that may not make namespaces. */
const careless = `#!/bin/sh
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
`;

const [ifBubblewrap, lacking] = kindsHere().includes('bubblewrap')
  ? [describe, '']
  : [describe.skip, ': this machine does not have it'];

describe('systemd-run', () => {
  const path = process.env.PATH;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'systemd-'));
    mkdirSync(join(folder, 'bin'));
    mkdirSync(join(folder, 'running'));
    process.env.PATH = `${join(folder, 'bin')}:${path}`;
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true, force: true });
  });

  const create = (running = join(folder, 'running')) =>
    new SystemdRun({ hidden: [], python: systemPython, running });
  const detect = (isolation = create()) =>
    isolation.detect({ folder, signal: AbortSignal.timeout(60_000) });
  const install = (script: string) => {
    const file = join(folder, 'bin', 'systemd-run');
    writeFileSync(file, script);
    chmodSync(file, 0o755);
  };
  const recorded = () =>
    JSON.parse(readFileSync(join(folder, 'record.json'), 'utf8')) as {
      options: string[];
      properties: string[];
      command: string[];
    };

  it('is not taken where systemd does not run', async () => {
    install(careless);
    expect(await detect(create(join(folder, 'absent')))).toBe(
      'systemd does not run on this machine',
    );
  });

  it('is not taken where it hides nothing', async () => {
    install(careless);
    expect(await detect()).toMatch(/files of the portal can be read$/);
  });

  it('is not taken where the manager refuses', async () => {
    install('#!/bin/sh\necho "Failed to connect to bus" >&2\nexit 1\n');
    expect(await detect()).toBe('Failed to connect to bus');
  });

  it('refuses a path that systemd would read otherwise', async () => {
    const place = { id: 'a', readOnly: [], tmp: folder };
    const cwd = join(folder, 'a b:c');
    mkdirSync(cwd);
    await expect(
      create().wrap(['true'], { ...place, cwd, writable: [cwd] }),
    ).rejects.toThrow(/cannot be given the path '.*a b:c'/);
  });

  ifBubblewrap(`as a fake does it by bubblewrap${lacking}`, () => {
    beforeEach(() => install(fake(join(folder, 'record.json'))));

    it('shows a job what bubblewrap would, and is taken', async () => {
      expect(await detect()).toBeUndefined();
      const { options, properties } = recorded();
      expect(options.includes('--user')).toBe(process.getuid?.() !== 0);
      expect(properties).toEqual(
        expect.arrayContaining([
          'TemporaryFileSystem=/:ro',
          'CapabilityBoundingSet=',
          'NoNewPrivileges=yes',
          'KillMode=control-group',
        ]),
      );
    });

    it('runs jobs, tells nobody their variables, and ends them', async () => {
      const fixture = await createFixture({
        kind: 'systemd-run',
        isolation: create(),
        python: systemPython,
      });
      const { runtime } = fixture;
      const begin = async (command: string, memory?: string) => {
        const spec = await fixture.specOf(command, {
          variables: { MLFLOW_TRACKING_TOKEN: 'of-this-job' },
        });
        if (memory) spec.definition.resources = { memory };
        const { handle } = await runtime.submit(spec, {
          idempotencyKey: spec.jobId,
          signal: new AbortController().signal,
        });
        const text = async () =>
          (await runtime.readLog(handle, { offset: 0, limit: 1e6 })).text;
        const until = async (done: (seen: string) => boolean) => {
          for (;;) {
            const { state } = await runtime.inspect(handle);
            if (done(`${state} ${await text()}`)) return state;
            await new Promise(resolve => {
              setTimeout(resolve, 20);
            });
          }
        };
        return { handle, text, until };
      };
      const isOver = (seen: string) => /^(succeeded|failed|lost)/.test(seen);
      try {
        const one = await begin(
          'read line; echo "rest=$line length=${#MLFLOW_TRACKING_TOKEN}"; exit 3',
          '200Mi',
        );
        expect(await one.until(isOver)).toBe('failed');
        expect(await one.text()).toMatch(/rest= length=11/);
        expect(JSON.stringify(recorded())).not.toContain('of-this-job');
        expect(recorded().properties).toContain('OOMScoreAdjust=500');

        const big = await begin(
          `${systemPython} -c 'import time; x = bytearray(b"1") * (400 << 20); time.sleep(600)'`,
          '200Mi',
        );
        await big.until(isOver);
        expect(await runtime.inspect(big.handle)).toMatchObject({
          reason: 'OutOfMemory',
        });

        const two = await begin('echo up; sleep 7200');
        await two.until(seen => seen.includes('up\n'));
        await runtime.cancel(two.handle, { reason: 'TimedOut' });
        expect(await runtime.inspect(two.handle)).toMatchObject({
          state: 'cancelled',
        });
      } finally {
        await fixture.close();
      }
    });
  });
});
