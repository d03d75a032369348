import {
  existsSync,
  mkdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createMockDirectory } from '@backstage/backend-test-utils';
import { Checkpoints } from './Checkpoints';

describe('the checkpoints of a job', () => {
  const directory = createMockDirectory();
  const folder = () => join(directory.path, 'checkpoints');
  const at = (name: string, second: number) =>
    utimesSync(join(folder(), name), second, second);
  beforeEach(() => directory.clear());

  it('lists nothing before the first attempt', async () => {
    const checkpoints = new Checkpoints(folder());
    expect(await checkpoints.list()).toEqual([]);
    await checkpoints.open();
    await checkpoints.open();
    expect(await checkpoints.list()).toEqual([]);
    expect(await checkpoints.prune(1)).toBeUndefined();
  });

  it('keeps the newest files and folders, and removes the others', async () => {
    const checkpoints = new Checkpoints(folder());
    await checkpoints.open();
    writeFileSync(join(folder(), 'epoch-1.pt'), '1');
    mkdirSync(join(folder(), 'epoch-2/shards'), { recursive: true });
    writeFileSync(join(folder(), 'epoch-3.pt'), '3');
    at('epoch-3.pt', 300);
    at('epoch-2', 200);
    at('epoch-1.pt', 100);
    const names = async () =>
      (await checkpoints.list()).map(({ name }) => name);
    expect(await names()).toEqual(['epoch-3.pt', 'epoch-2', 'epoch-1.pt']);
    expect(await checkpoints.prune(2)).toBeUndefined();
    expect(await names()).toEqual(['epoch-3.pt', 'epoch-2']);
    await checkpoints.prune(1);
    expect(await names()).toEqual(['epoch-3.pt']);
  });

  it('takes neither links nor what is half written for checkpoints', async () => {
    directory.setContent({ outside: { 'kept.txt': 'kept' } });
    const checkpoints = new Checkpoints(folder());
    await checkpoints.open();
    writeFileSync(join(folder(), '.epoch-2.part'), 'half');
    writeFileSync(join(folder(), 'epoch-1.pt'), '1');
    symlinkSync('epoch-1.pt', join(folder(), 'latest'));
    mkdirSync(join(folder(), 'epoch-0'));
    symlinkSync(join(directory.path, 'outside'), join(folder(), 'epoch-0/out'));
    at('epoch-0', 50);
    expect((await checkpoints.list()).map(({ name }) => name)).toEqual([
      'epoch-1.pt',
      'epoch-0',
    ]);
    await checkpoints.prune(1);
    expect(existsSync(join(folder(), 'epoch-0'))).toBe(false);
    expect(existsSync(join(folder(), 'latest'))).toBe(true);
    expect(existsSync(join(folder(), '.epoch-2.part'))).toBe(true);
    expect(existsSync(join(directory.path, 'outside/kept.txt'))).toBe(true);
  });
});
