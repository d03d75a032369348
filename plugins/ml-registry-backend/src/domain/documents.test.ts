import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stageOfAlias, stageOfName } from './policy';

const docs = join(__dirname, '../../../../docs');
const page = (name: string) => readFileSync(join(docs, name), 'utf8');

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
    expect(missing).toEqual(
      expect.arrayContaining(['Scorers', 'Review queues', 'Workspaces']),
    );
    expect(missing).not.toContain('Evaluation data sets');
    expect(missing).not.toContain('Datasets');
  });
});
