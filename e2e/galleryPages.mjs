// Which pictures there are: the page's address, who looks, a text that is there when the page is, what is clicked.

/** The pages, for the models and runs that there are. */
export function galleryPages({
  model,
  version,
  champion,
  experiment,
  long,
  runs,
  curves,
}) {
  const entity = `/catalog/default/model/${model}`;
  const versionPage = `${entity}/versions?version=${version}`;
  const championPage = `${entity}/versions?version=${champion}`;
  const run = tab => `/models/runs/${long}${tab ? `?tab=${tab}` : ''}`;
  const compare = (ids, tab = '') =>
    `/models/compare?runs=${ids.join(',')}${tab && `&tab=${tab}`}`;
  const few = runs.slice(0, 5);
  const columns =
    'status~started~duration~metrics.auc~metrics.f1~params.kind~params.depth~params.learning_rate~user';
  const table = query =>
    `/models/runs?experiment=${experiment}&columns=${columns}${query}`;
  const file = path => openFile(path.split('/'));
  return [
    page('models', '/models', 'Tumour malignancy'),
    page(
      'version-search',
      `/models/versions?filter=${encodeURIComponent('metrics.val_auc > 0.5')}`,
      model,
    ),
    page('runs', table('&nested=no'), /^10,\d+ runs/),
    page('runs-nested', table(''), /^10,\d+ runs/, { act: unfoldSecond }),
    page(
      'runs-grouped',
      table('&group=params.kind&sort=metrics.auc'),
      /^10,\d+ runs/,
      { act: foldTwo },
    ),
    page('run', run(''), 'Long curves'),
    page('run-metrics', run('metrics'), 'train/loss'),
    page('run-system', run('system'), 'cpu_utilization_percentage'),
    page('run-table', run('artifacts'), 'tables', {
      act: file('tables/scores.csv'),
    }),
    page('run-image', run('artifacts'), 'plots', {
      act: file('plots/gradient.png'),
    }),
    page('run-report', run('artifacts'), 'report', {
      act: file('report/report.html'),
      // What the sandbox is for.
      expected: /^Blocked script execution/,
    }),
    page('run-code', run('artifacts'), 'code', { act: file('code/train.py') }),
    page('compare', compare(few), 'learning_rate'),
    page('compare-curves', compare(curves, 'curves'), 'rate-0.01'),
    page('compare-parallel', compare(runs, 'parallel'), 'learning_rate'),
    page('compare-scatter', compare(runs, 'scatter'), 'Bottom axis'),
    page(
      'compare-contour',
      `${compare(
        runs,
        'contour',
      )}&x=params.learning_rate&y=params.depth&z=metrics.auc`,
      'Bottom axis',
    ),
    page('compare-importance', compare(runs, 'importance'), 'learning_rate'),
    page('versions', `${entity}/versions`, 'Version'),
    page('version', versionPage, 'Overview'),
    page('version-card', `${championPage}&tab=card`, 'Verified'),
    page('version-files', `${championPage}&tab=files`, 'signature'),
    page('version-compare', `${championPage}&tab=compare`, 'Compare', {
      act: showEqualToo,
    }),
    page(
      'version-reproduce',
      `${championPage}&tab=reproduce`,
      'What is pinned',
      { act: withoutFolder },
    ),
    page('version-history', `${championPage}&tab=history`, 'History'),
    page('approvals', '/models/approvals', model, { person: 'ben' }),
    page('ledger', '/models/ledger', model),
    page('webhooks', '/models/webhooks', 'release-notes'),
    page('import', '/models/import', 'Import', { person: 'dora' }),
    page('garbage', '/models/garbage', 'Garbage', {
      person: 'dora',
      act: window =>
        window.getByRole('button', { name: 'Look for garbage' }).click(),
    }),
    page('access-tokens', '/settings/access-tokens', 'nightly-training'),
  ];
}

function page(name, path, text, more = {}) {
  return { name, path, text, person: 'ann', ...more };
}

async function unfoldSecond(window) {
  await window
    .getByRole('button', { name: /^Unfold search-/ })
    .nth(1)
    .click();
}

/** Folds the first groups, so that several heads are in sight. */
async function foldTwo(window) {
  for (let times = 0; times < 2; times += 1) {
    await window
      .getByRole('button', { name: /^Fold / })
      .first()
      .click();
  }
}

async function showEqualToo(window) {
  await window.getByText('Only differences').click();
}

/** Where this portal keeps its projects is nobody else's business. */
export async function withoutFolder(window) {
  await window.evaluate(() => {
    const texts = document.createTreeWalker(
      document.body,
      NodeFilter.SHOW_TEXT,
    );
    while (texts.nextNode()) {
      const { currentNode } = texts;
      currentNode.data = currentNode.data.replace(/^\/.*(?=\/projects\/)/, '…');
    }
  });
}

/** Opens folders on the way to a file, then the file. */
function openFile(parts) {
  return async window => {
    const folder = parts.slice(0, -1);
    for (let depth = 1; depth <= folder.length; depth += 1) {
      await window
        .getByRole('button', {
          name: new RegExp(`\\b${folder.slice(0, depth).join('/')}$`),
        })
        .first()
        .click();
    }
    await window
      .getByRole('button', { name: parts.at(-1), exact: true })
      .click();
  };
}
