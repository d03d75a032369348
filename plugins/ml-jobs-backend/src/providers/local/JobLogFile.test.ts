import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobLogFile } from './JobLogFile';

it('shows no other file of the machine by a link in the place of a log (issue 7)', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'job-log-'));
  await writeFile(join(folder, 'secret'), 'of the portal');
  await symlink(join(folder, 'secret'), join(folder, 'log.txt'));
  const log = new JobLogFile(join(folder, 'log.txt'), /none/g);
  await expect(log.read({ offset: 0, limit: 100 })).rejects.toThrow('ELOOP');
  await rm(folder, { recursive: true });
});
