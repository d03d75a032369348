import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Place } from './Isolation';

/** One step of building what a job sees; later steps lie above earlier ones. */
export type Mount =
  | { type: 'read' | 'write' | 'device'; from: string; to: string }
  | { type: 'link'; target: string; to: string }
  | { type: 'empty'; to: string };

/** Programs and libraries of the system. */
const systemFolders = ['/usr', '/nix/store', '/gnu/store'];
const systemLinks = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** What programs need of /etc. Not the rest: /etc also holds password hashes and keys. */
const etc = [
  'alternatives',
  'ca-certificates',
  'ca-certificates.conf',
  'crypto-policies',
  'fonts',
  'gai.conf',
  'group',
  'host.conf',
  'hosts',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'machine-id',
  'mime.types',
  'nsswitch.conf',
  'OpenCL',
  'os-release',
  'passwd',
  'pki/ca-trust',
  'pki/tls/certs',
  'pki/tls/cert.pem',
  'protocols',
  'python3',
  'resolv.conf',
  'services',
  'ssl/certs',
  'ssl/cert.pem',
  'ssl/openssl.cnf',
  'timezone',
];

/** Cores, memory banks and accelerators, which numeric libraries look up. */
const sys = ['bus', 'class', 'dev', 'devices'];

const accelerators = /^(nvidia.*|dri|kfd|accel.*|dxg|infiniband)$/;

/**
 * What a job sees of this machine, from nothing: the system's programs and libraries, what of /etc and /sys they need,
 * accelerators, and what its place names. Folders of the portal that lie inside the system's are covered.
 */
export async function layoutOf(
  place: Place,
  hidden: readonly string[],
): Promise<Mount[]> {
  const mounts: Mount[] = [];
  const read = async (path: string) => {
    const from = await realpath(path).catch(() => undefined);
    if (from) mounts.push({ type: 'read', from, to: path });
  };
  for (const folder of systemFolders) await read(folder);
  for (const path of systemLinks) {
    const seen = await lstat(path).catch(() => undefined);
    if (!seen) continue;
    if (seen.isSymbolicLink())
      mounts.push({ type: 'link', target: await readlink(path), to: path });
    else await read(path);
  }
  for (const name of etc) await read(join('/etc', name));
  for (const name of sys) await read(join('/sys', name));
  for (const name of await readdir('/dev').catch(() => [])) {
    if (!accelerators.test(name)) continue;
    const path = join('/dev', name);
    mounts.push({ type: 'device', from: path, to: path });
  }
  mounts.push({ type: 'write', from: place.tmp, to: '/tmp' });
  mounts.push({ type: 'write', from: place.tmp, to: '/var/tmp' });

  for (const path of hidden) {
    const real = await realpath(path).catch(() => undefined);
    const covered = systemFolders.find(folder => isInside(real ?? '', folder));
    if (real && covered && (await stat(real)).isDirectory())
      mounts.push({ type: 'empty', to: real });
  }
  const concealed = mounts.flatMap(mount =>
    mount.type === 'empty' ? [mount.to] : [],
  );
  const own: Mount[] = [];
  for (const path of place.readOnly) {
    const from = await realpath(path);
    const there =
      systemFolders.some(folder => isInside(path, folder)) &&
      !concealed.some(folder => isInside(path, folder));
    if (!there) own.push({ type: 'read', from, to: path });
    // Links of a virtual environment may name either path.
    if (from !== path && !there) own.push({ type: 'read', from, to: from });
  }
  for (const path of place.writable) {
    own.push({ type: 'write', from: await realpath(path), to: path });
  }
  // The inner ones lie above the outer ones.
  own.sort((a, b) => a.to.length - b.to.length);
  return [...mounts, ...own];
}

export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep);
}
