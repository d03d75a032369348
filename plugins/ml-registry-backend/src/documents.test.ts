import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stageOfAlias, stageOfName } from './versions/domain/policy';

const docs = join(__dirname, '../../../docs');
const page = (name: string) => readFileSync(join(docs, name), 'utf8');

/** What people call an area, and what MLflow's list of endpoints calls it. */
const areasByTheirWords: Record<string, string> = {
  'registered scorers': 'Scorers',
  'review queues': 'Review queues',
  'label schemas': 'Label schemas',
  'the AI gateway': 'Gateway',
  'prompt optimization': 'Prompt optimization',
  'MCP servers': 'Mcp servers',
  workspaces: 'Workspaces',
};

describe('what the documentation says', () => {
  it('names every alias that opens a promotion, and its stage', () => {
    const named = Object.entries(stageOfName)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([alias, stage]) => `\`${alias}\` (${stage})`);
    const [last, ...others] = named.reverse();
    expect(page('tracking.md')).toContain(
      `So do the aliases ${others.reverse().join(', ')} and ${last}`,
    );
    for (const [alias, stage] of Object.entries(stageOfName)) {
      const policy = { protectedAliases: [], policyTags: [] };
      expect(stageOfAlias(alias, policy)).toBe(stage);
    }
  });

  it('does not promise webhooks to access tokens', () => {
    expect(page('webhooks.md')).toMatch(
      /access tokens\]\(tokens\.md\) may not/,
    );
    expect(page('tokens.md')).toMatch(/webhooks[^.]*are in no scope/);
  });

  it('claims of MLflow no area of which an endpoint is missing', () => {
    const missing = page('mlflow-endpoints.md')
      .split('\n## ')
      .filter(part => part.split('\n')[0].endsWith('(not built)'))
      .map(part => part.split('\n')[0].replace(' (not built)', ''));
    const [, list = ''] =
      /Not built are: ([^.]*)\./.exec(page('tracking.md')) ?? [];
    const named = list
      .split(/, (?:and )?| and /)
      .filter(area => area !== "MLflow's own pages");
    expect(named.length).toBeGreaterThan(5);
    for (const area of named) {
      expect(missing).toContain(areasByTheirWords[area] ?? area);
    }
    expect(missing).not.toContain('Evaluation data sets');
    expect(missing).not.toContain('Datasets');
  });

  it('claims of the client only what the tests drive with it (M5)', () => {
    const [, claims = ''] =
      /The unmodified client finds these here[^:]*:\n\n([^]*?)\n\n/.exec(
        page('tracking.md'),
      ) ?? [];
    const calls = [...claims.matchAll(/`([\w.]+)(?:\(\))?`/g)].map(
      ([, call]) => call,
    );
    expect(calls).toEqual(
      expect.arrayContaining(['mlflow.models.evaluate', 'log_feedback']),
    );
    const folder = join(__dirname, '../python-tests');
    const tests = readdirSync(folder)
      .filter(name => /^test_.*\.py$/.test(name))
      .map(name => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
    const driven = calls.filter(call =>
      new RegExp(`\\b${call.replaceAll('.', '\\.')}\\b`).test(tests),
    );
    expect(driven).toEqual(calls);
  });
});
