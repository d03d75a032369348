/**
 * The script that watches the processes of an attempt: it holds them to their memory, and writes down what they use.
 *
 * @remarks
 * It runs in the process that filters the log, outside of the isolation, and lives and ends with the attempt. So a portal
 * that is started anew loses no sample, and a job cannot forge one. Linux only: it reads `/proc`.
 *
 * Members are the session of the wrapper and all children of members. So is what carries the mark or the user of the
 * attempt.
 * What counts is memory that the system cannot take back by itself: private pages, shared pages once, and files in the
 * `/dev/shm` of the job. Files that are mapped do not count.
 *
 * The work is bounded. A look asks each member for two figures that the kernel has at hand. They count shared pages once a
 * process, so their sum is never too low. Only where it passes the limit are the pages counted, and never for more than a
 * twentieth of the time. A job is ended on a count and never on an estimate. Looks follow each other faster the less is
 * left, as if a job took 4 GiB a second. They are at least 0.1 s apart, and take a twentieth of a core at most.
 *
 * GPUs are asked for with each sample where `nvidia-smi` is on the PATH of the portal. The PATH of the job is not looked at.
 *
 * Files in the folder of the attempt, each whole or absent: `memory.json` before a job is ended for its memory, `usage.json`
 * at every sample. Of a long run neighbours are joined, so their number is bounded.
 */
export const watchScript = `
(() => {
  const { folder, limit, uid, everyMs, mostPoints, path } = JSON.parse(process.env.DOWNSTAGE_WATCH || '{}');
  if (!folder || !fs.existsSync('/proc/self/stat')) return;
  const leader = process.ppid;
  const given = process.env.CUDA_VISIBLE_DEVICES?.split(',').map(part => part.trim());
  const marker = 'DOWNSTAGE_ATTEMPT=' + process.env.DOWNSTAGE_ATTEMPT;
  const ticksASecond = 100, begun = Date.now();
  const now = () => performance.now(), begunAt = now();
  function read(path) {
    try { return fs.readFileSync(path, 'latin1'); } catch { return ''; }
  }
  function writeWhole(name, value) {
    try {
      fs.writeFileSync(folder + '/' + name + '.part', JSON.stringify(value), { mode: 0o600 });
      fs.renameSync(folder + '/' + name + '.part', folder + '/' + name);
    } catch {
      // A full disk loses samples, not the job.
    }
  }
  function statOf(pid, withEnded) {
    const text = read('/proc/' + pid + '/stat');
    if (!text) return undefined;
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (!withEnded && (fields[0] === 'Z' || fields[0] === 'X')) return undefined;
    const [parent, group, session, own, system, children, childrenSystem] = [1, 2, 3, 11, 12, 13, 14].map(at => Number(fields[at]));
    return { parent, group, session, own: own + system, children: children + childrenSystem };
  }
  function isMarked(pid) {
    try {
      if (uid !== undefined && fs.statSync('/proc/' + pid).uid === uid) return true;
    } catch {
      return false;
    }
    return read('/proc/' + pid + '/environ').split('\\0').includes(marker);
  }

  // What a process is stays known until the next full look.
  let known = new Map(), fullAt = 0, fullMs = 0;
  function members(isFull) {
    const before = isFull ? new Map() : known;
    known = new Map();
    for (const name of fs.readdirSync('/proc')) {
      const pid = Number(name);
      if (!(pid > 0) || pid === leader || pid === process.pid) continue;
      let seen = before.get(pid);
      if (!seen) {
        const stat = statOf(pid);
        if (!stat) continue;
        seen = { parent: stat.parent, isMember: stat.group === leader || stat.session === leader || isMarked(pid) };
      }
      known.set(pid, seen);
    }
    for (let more = true; more; ) {
      more = false;
      for (const seen of known.values()) {
        if (seen.isMember || !(seen.parent === leader || known.get(seen.parent)?.isMember)) continue;
        seen.isMember = more = true;
      }
    }
    return [...known].filter(([, { isMember }]) => isMember).map(([pid]) => pid);
  }

  const kib = (text, name) => 1024 * Number(new RegExp('^' + name + ':\\\\s+(\\\\d+)', 'm').exec(text)?.[1] ?? 0);
  /** At least what a process has: shared pages whole. */
  function boundOf(pid) {
    const text = read('/proc/' + pid + '/status');
    return kib(text, 'RssAnon') + kib(text, 'RssShmem') + kib(text, 'HugetlbPages');
  }
  const hostShm = (() => { try { return fs.statSync('/dev/shm').dev; } catch { return 0; } })();
  /** Files in a /dev/shm that the job does not share with the machine. */
  function filesInMemory(pids) {
    for (const pid of pids) {
      const path = '/proc/' + pid + '/root/dev/shm';
      try {
        if (fs.statSync(path).dev === hostShm) continue;
        const { type, blocks, bfree, bsize } = fs.statfsSync(path);
        if (type === 0x01021994) return (blocks - bfree) * bsize;
      } catch {
        // It ended, or it has none.
      }
    }
    return 0;
  }
  /** Counts pages: each process has its share of those that several have. */
  function count(pids) {
    const start = now();
    let own = 0, shared = 0;
    for (const pid of pids) {
      const text = read('/proc/' + pid + '/smaps_rollup');
      if (!/^Pss_Anon:/m.test(text)) { own += boundOf(pid); continue; }
      own += kib(text, 'Pss_Anon') + kib(text, 'Private_Hugetlb') + kib(text, 'Shared_Hugetlb');
      shared += kib(text, 'Pss_Shmem');
    }
    const bytes = own + Math.max(shared, filesInMemory(pids));
    return { bytes, at: now(), ms: now() - start };
  }
  let last;
  function measure(pids) {
    // Files in memory that are mapped are counted twice here.
    const bound = pids.reduce((sum, pid) => sum + boundOf(pid), 0) + filesInMemory(pids);
    const estimate = last ? Math.min(bound, Math.max(0, last.bytes + bound - last.bound)) : bound;
    // Pages that processes share become their own when one writes, and no figure but a count shows it.
    const mayBeOver = limit && bound > limit;
    const isDue = !last || now() - last.at > (mayBeOver ? 20 : 200) * last.ms;
    if (isDue && (mayBeOver || pids.length > 1)) {
      last = { ...count(pids), bound };
      return { bytes: last.bytes, isCounted: true };
    }
    return { bytes: limit ? Math.min(limit, estimate) : estimate, isCounted: false };
  }

  let counted = new Map(), spent = 0;
  /**
   * Seconds of processor time since the last sample. What a child used goes over to its parent when it ends. The last
   * parent is the wrapper, of whose own time nothing counts. Whole, unless one has ended whose time went over to nobody.
   */
  function cpuSince(pids) {
    const seen = new Map();
    for (const pid of [...pids, leader]) {
      // One that has ended keeps its time until its parent has waited for it.
      const stat = statOf(pid, true);
      if (stat) seen.set(pid, { parent: stat.parent, own: pid === leader ? 0 : stat.own, children: stat.children });
    }
    // By the process that had them below it, and is still there.
    const gone = new Map();
    for (const [pid, { parent, own, children }] of counted) {
      if (seen.has(pid)) continue;
      let heir = parent;
      for (let up = 0; up < 1000 && !seen.has(heir); up++) heir = counted.get(heir)?.parent;
      gone.set(heir, (gone.get(heir) ?? 0) + own + children);
    }
    // What did not arrive there belonged to an orphan, which takes its time with it.
    let lost = 0;
    for (const [heir, ticks] of gone) {
      const got = seen.has(heir) ? seen.get(heir).children - (counted.get(heir)?.children ?? 0) : 0;
      lost += Math.max(0, ticks - got);
    }
    spent -= lost;
    const total = [...seen.values()].reduce((sum, { own, children }) => sum + own + children, 0);
    const used = Math.max(0, total - spent) / ticksASecond;
    counted = seen;
    spent = total;
    return { used, isWhole: lost === 0 };
  }

  const childProcess = require('node:child_process');
  let gpu, gpuAt = -Infinity, hasGpus = true;
  /** GPUs as nvidia-smi tells of them: those that the job was given, else those that one of its processes uses. */
  function askGpus(pids) {
    if (!hasGpus || now() - gpuAt < everyMs) return;
    gpuAt = Infinity;
    const ask = (what, done) => childProcess.execFile(
      'nvidia-smi', ['--query-' + what, '--format=csv,noheader,nounits'], { timeout: 5000, maxBuffer: 1e6, env: { PATH: path } },
      (error, text) => {
        if (error?.code === 'ENOENT') hasGpus = false;
        done(error ? [] : text.trim().split('\\n').map(line => line.split(',').map(part => part.trim())));
      },
    );
    ask('gpu=index,uuid,utilization.gpu,memory.used', devices => ask('compute-apps=pid,gpu_uuid,used_memory', apps => {
      const mine = apps.filter(([pid]) => pids.includes(Number(pid)));
      const used = devices.filter(([index, uuid]) => given
        ? given.includes(index) || given.includes(uuid)
        : mine.some(app => app[1] === uuid));
      const sum = rows => rows.reduce((total, row) => total + (Number(row.at(-1)) || 0), 0);
      gpuAt = now();
      gpu = used.length ? {
        gpu: round(used.reduce((total, row) => total + (Number(row[2]) || 0), 0) / used.length),
        gpuMemory: sum(mine.length ? mine : used) * 1024 * 1024,
      } : undefined;
    }));
  }

  const killsNow = () => Number(/^oom_kill (\\d+)/m.exec(read('/proc/vmstat'))?.[1] ?? 0);
  const killsBefore = killsNow();
  const round = value => Math.round(value * 1000) / 1000;
  const meanOf = values => values.length ? round(values.reduce((sum, value) => sum + value, 0) / values.length) : undefined;
  const mostOf = values => values.length ? Math.max(...values) : undefined;
  const all = (parts, name) => parts.map(part => part[name]).filter(value => value !== undefined);
  /** Neighbours as one point. */
  const join = parts => ({
    seconds: parts.at(-1).seconds,
    cpu: meanOf(all(parts, 'cpu')),
    memory: mostOf(all(parts, 'memory')),
    gpu: meanOf(all(parts, 'gpu')),
    gpuMemory: mostOf(all(parts, 'gpuMemory')),
  });
  let points = [], width = 1, open = [], most, latest, sampledAt = now(), cpuSeconds = 0;
  const peak = { cpu: 0, memory: 0 }, sums = { memory: [0, 0], gpu: [0, 0], gpuMemory: [0, 0] };
  function sample(pids, isLast) {
    const { used, isWhole } = cpuSince(pids);
    // All have ended. bubblewrap does not wait for what it started, so nobody knows what that used since the last sample.
    if (isLast && !(isWhole && latest)) return save();
    // After the figures were read: a wait before that belongs to them.
    const at = now(), seconds = (at - sampledAt) / 1000;
    cpuSeconds += used;
    // A short rest says little: a tick more or less would be a core.
    if (isLast && sums.memory[1] && seconds < 1) {
      sampledAt = at;
      return save();
    }
    const point = {
      seconds: round((Date.now() - begun) / 1000),
      cpu: round(used / Math.max(0.01, seconds)),
      // Without a look since the last sample, what was seen there.
      memory: most ?? latest,
      ...gpu,
    };
    sampledAt = at;
    most = undefined;
    for (const name of ['cpu', 'memory', 'gpu', 'gpuMemory']) {
      if (point[name] !== undefined) peak[name] = Math.max(peak[name] ?? 0, point[name]);
    }
    for (const [name, sum] of Object.entries(sums)) {
      if (point[name] === undefined) continue;
      sum[0] += point[name];
      sum[1] += 1;
    }
    open.push(point);
    if (open.length >= width) {
      points.push(join(open));
      open = [];
    }
    if (points.length > mostPoints) {
      const pairs = [];
      for (let at = 0; at < points.length; at += 2) pairs.push(join(points.slice(at, at + 2)));
      points = pairs;
      width *= 2;
    }
    save();
  }
  function save() {
    const mean = ([sum, number]) => number ? Math.round(sum / number) : undefined;
    writeWhole('usage.json', {
      startedAt: new Date(begun).toISOString(),
      points: open.length ? [...points, join(open)] : points,
      peak,
      mean: {
        cpu: round(cpuSeconds / Math.max(0.01, (sampledAt - begunAt) / 1000)),
        memory: mean(sums.memory) ?? 0,
        gpu: mean(sums.gpu),
        gpuMemory: mean(sums.gpuMemory),
      },
      killsBySystem: killsNow() - killsBefore,
    });
  }

  let ended = false;
  /** As the system would: at once, and everything. */
  function end() {
    for (const pid of members(true)) {
      try { process.kill(pid, 'SIGKILL'); } catch { /* It ended by itself. */ }
    }
    setTimeout(end, 50);
  }
  function look() {
    const start = now(), before = process.cpuUsage();
    const isFull = start - fullAt > Math.max(5000, 50 * fullMs);
    const pids = members(isFull);
    if (isFull) { fullAt = start; fullMs = now() - start; }
    const used = measure(pids);
    latest = used.bytes;
    most = Math.max(most ?? 0, latest);
    peak.memory = Math.max(peak.memory, used.bytes);
    askGpus(pids);
    if (limit && used.isCounted && used.bytes > limit) {
      ended = true;
      writeWhole('memory.json', { limitBytes: limit, usedBytes: used.bytes });
      sample(pids);
      return end();
    }
    if (start - sampledAt >= everyMs) sample(pids);
    const left = limit ? Math.max(100, Math.min(everyMs, (limit - used.bytes) / 4.3e6)) : everyMs;
    const { user, system } = process.cpuUsage(before);
    const rest = Math.min(1000, (20 * (user + system)) / 1000);
    // A job that is young may be over soon.
    const young = Math.max(100, now() - begunAt);
    setTimeout(look, Math.max(rest, Math.min(left, young, Math.max(1, everyMs - (now() - sampledAt)))));
  }
  const mib = bytes => Math.ceil(bytes / 1024 / 1024) + ' MiB';
  process.on('exit', () => {
    if (!ended) sample([], true);
    else write('[downstage] All processes were ended: they used ' + mib(peak.memory) + ' of ' + mib(limit) + ' of memory\\n');
  });
  look();
})();
`;
