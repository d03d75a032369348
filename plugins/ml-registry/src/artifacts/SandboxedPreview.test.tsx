import { screen } from '@testing-library/react';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { SandboxedPreview } from './SandboxedPreview';

async function frameOf(kind: 'html' | 'markdown' | 'svg', content: string) {
  renderInTestApp(
    <SandboxedPreview kind={kind} content={content} title="notes" />,
  );
  const frame = await screen.findByTitle('Preview of notes');
  return {
    sandbox: frame.getAttribute('sandbox'),
    source: frame.getAttribute('srcdoc') ?? '',
  };
}

describe('SandboxedPreview', () => {
  it('gives a page nothing at all: no origin, no scripts, no network', async () => {
    const { sandbox, source } = await frameOf(
      'html',
      '<h1>Report</h1><script>steal()</script>',
    );
    expect(sandbox).toBe('');
    expect(source).toContain("default-src 'none'");
    expect(source.indexOf('Content-Security-Policy')).toBeLessThan(
      source.indexOf('<script>'),
    );
    expect(screen.getByText(/Scripts do not run here/)).toBeInTheDocument();
  });

  it('shows an SVG as a picture, in which nothing runs', async () => {
    const { source } = await frameOf('svg', `<svg onload="a('b')"/>`);
    expect(source).toMatch(/<img alt="" src="data:image\/svg\+xml[^"']*">/);
    expect(source).not.toContain('onload=');
  });

  it('turns Markdown into HTML without scripts, away from the page', async () => {
    const { sandbox, source } = await frameOf(
      'markdown',
      '# Title\n\n<script>steal()</script>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n![x](http://elsewhere/x.png)',
    );
    expect(sandbox).toBe('');
    expect(source).toContain('Title</h1>');
    expect(source).toContain('<td>1</td>');
    expect(source).not.toContain('steal()');
    expect(document.querySelector('img')).toBeNull();
  });
});
