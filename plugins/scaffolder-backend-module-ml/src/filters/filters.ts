import { createTemplateFilter } from '@backstage/plugin-scaffolder-node/alpha';
import { toInlineCode, toLiteral, toMarkdown } from './encode';

/** The filters of templates: each value is encoded for the place where it is written. */
export const templateFilters = [
  createTemplateFilter({
    id: 'literal',
    description:
      'A text or number as a literal of YAML, JSON, TOML and Python, quotes included',
    filter: (value: unknown) => toLiteral(value),
  }),
  createTemplateFilter({
    id: 'markdown',
    description: 'A text as one line of Markdown, shown as it is',
    filter: (value: unknown) => toMarkdown(value),
  }),
  createTemplateFilter({
    id: 'inlineCode',
    description: 'A text as inline code of Markdown, backticks included',
    filter: (value: unknown) => toInlineCode(value),
  }),
];
