// The tables of a run, and their place in README.md.
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from '../../scripts/shell.mjs';

const limits = { list: 200, page: 1000 };

/** The worst answers of each caller who does not see everything. */
function tablesOfOthers(others) {
  return others.map(({ title, questions }) => {
    const slowest = questions
      .filter(({ error }) => !error)
      .sort((a, b) => b.p50 - a.p50)
      .slice(0, 10);
    return `The ten slowest lists as ${title}:\n\n${table(
      ['Question', 'first, ms', 'p50, ms', 'worst, ms'],
      slowest.map(answer => [
        answer.title,
        ...[answer.first, answer.p50, answer.worst].map(ms => ms.toFixed(0)),
      ]),
    )}`;
  });
}

export async function report(result, { write }) {
  const text = tablesOf(result);
  if (write) {
    const file = join(root, 'benchmarks/portal/README.md');
    const before = await readFile(file, 'utf8');
    await writeFile(
      file,
      before.replace(
        /(<!-- result -->\n)[\s\S]*(<!-- end of result -->)/,
        (_, start, end) => `${start}\n${text}\n\n${end}`,
      ),
    );
  }
  return text;
}

function tablesOf({
  date,
  size,
  times,
  questions,
  others = [],
  pages,
  ours,
  stock,
}) {
  const [cpu] = cpus();
  const load = loadavg().map(value => value.toFixed(1));
  const mb = bytes => `${Math.round(bytes / 2 ** 20)} MB`;
  const seconds = value => `${value.toFixed(1)} s`;
  const lists = questions.filter(({ kind }) => kind === 'list');
  const slow = lists.filter(({ worst }) => worst > limits.list);
  const parts = [
    `${date}, ${cpus().length} cores (${cpu.model}), ${Math.round(
      totalmem() / 2 ** 30,
    )} GB, PostgreSQL as it is installed, on the same machine; load of the machine at the end ${load.join(
      ', ',
    )}. ${size.models} models, ${size.versions} versions, ${
      size.endpoints
    } endpoints, ${size.jobs} waiting jobs. Each question ${times} times.`,
    `${lists.length - slow.length} of ${
      lists.length
    } lists and counts answered within ${limits.list} ms every time.`,
    table(
      ['Question', 'p50, ms', 'worst, ms', 'processor, ms', 'answer'],
      questions.map(({ title, p50, worst, processor, bytes, error }) =>
        error
          ? [title, '', '', '', error.replace(/[|\s]+/g, ' ').slice(0, 60)]
          : [
              title,
              p50.toFixed(0),
              worst.toFixed(0),
              processor,
              `${(bytes / 1024).toFixed(0)} kB`,
            ],
      ),
    ),
  ];
  parts.push(...tablesOfOthers(others));
  if (pages) {
    const catalog = pages.find(({ id }) => id === 'catalog').p50;
    parts.push(
      'Pages in Chromium, 1440 wide, from the address to the content, with a warm cache:',
      table(
        ['Page', 'p50, ms', 'worst, ms', 'of the stock catalog page'],
        pages.map(({ title, p50, worst, error }) =>
          error
            ? [title, '', '', error.slice(0, 80)]
            : [
                title,
                p50.toFixed(0),
                worst.toFixed(0),
                (p50 / catalog).toFixed(2),
              ],
        ),
      ),
    );
  }
  if (stock) {
    parts.push(
      table(
        ['', 'this portal', 'without our plugins', 'ratio'],
        [
          [
            'start',
            seconds(ours.startSeconds),
            seconds(stock.startSeconds),
            (ours.startSeconds / stock.startSeconds).toFixed(2),
          ],
          [
            'memory after the start',
            mb(ours.bytes),
            mb(stock.bytes),
            (ours.bytes / stock.bytes).toFixed(2),
          ],
          ['memory after all questions', mb(ours.bytesAfter), '', ''],
        ],
      ),
    );
  }
  return parts.join('\n\n');
}

function table(head, rows) {
  const line = cells => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join(
    '\n',
  );
}
