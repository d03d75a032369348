import { parse } from 'yaml';
import { toCardMarkdown } from './cardMarkdown';
import { card } from '../../__testUtils__/aCard';

describe('exports of a card', () => {
  it('makes a Hugging Face card with a head that YAML reads, and keeps tables whole', () => {
    const text = toCardMarkdown(card);
    const [, head, body] = /^---\n([^]*?)\n---\n([^]*)$/.exec(text) ?? [];
    expect(parse(head)).toMatchObject({
      license: 'apache-2.0',
      library_name: 'sklearn',
      datasets: ['masses'],
      'model-index': [
        {
          name: 'tumours@3',
          results: [
            {
              dataset: { name: 'masses', type: 'default/masses@2' },
              metrics: [
                { type: 'auc', value: 0.97, verified: true },
                { type: 'auc', name: 'auc (age=young)', value: 0.91 },
              ],
            },
          ],
        },
      ],
    });
    expect(body).toContain('### Limitations\n\nAdults only.');
    expect(body).toContain(`| MLmodel | ${'a'.repeat(64)} |`);
  });
});
