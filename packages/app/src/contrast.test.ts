import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const sheets = [
  readFileSync(
    join(
      dirname(require.resolve('@backstage/ui/package.json')),
      'dist/css/styles.css',
    ),
    'utf8',
  ),
  readFileSync(join(__dirname, 'contrast.css'), 'utf8'),
].join('\n');

describe.each(['light', 'dark'] as const)('the %s colours', mode => {
  const colors = colorsOf(mode);

  it.each(['primary', 'secondary', 'danger'])(
    'lets %s words be read on the page, on cards and in them',
    foreground => {
      for (const background of ['app', 'neutral-1', 'neutral-2']) {
        const ratio = contrast(
          colors(`--bui-fg-${foreground}`),
          colors(`--bui-bg-${background}`),
        );
        // WCAG 2 AA, for words of usual size.
        expect({ background, enough: ratio >= 4.5 }).toEqual({
          background,
          enough: true,
        });
      }
    },
  );
});

/** What a variable is in a theme: the last declaration counts, as in a browser; those without a theme are of both. */
function colorsOf(mode: 'light' | 'dark'): (variable: string) => string {
  const declared = new Map<string, string>();
  for (const [, selector, body] of sheets.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    if (!/:root/.test(selector) && !isOf(mode, selector)) continue;
    for (const [, name, value] of body.matchAll(/(--bui-[\w-]+):\s*([^;]+)/g))
      declared.set(name, value.trim());
  }
  const colorOf = (name: string): string => {
    const value = declared.get(name) ?? '';
    const other = /^var\((--[\w-]+)\)$/.exec(value);
    return other ? colorOf(other[1]) : value;
  };
  return colorOf;
}

function isOf(mode: string, selector: string): boolean {
  return new RegExp(`\\[data-theme-mode=['"]?${mode}['"]?\\]\\s*$`).test(
    selector,
  );
}

function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort(
    (a, b) => a - b,
  );
  return (lighter + 0.05) / (darker + 0.05);
}

/** Of `#abc` or `#aabbcc`, as WCAG 2 defines it. */
function luminance(color: string): number {
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(color)?.[1];
  if (!digits) throw new Error(`'${color}' is not a colour in hex digits`);
  const pairs = digits.length === 3 ? digits.replace(/./g, '$&$&') : digits;
  const [red, green, blue] = [0, 2, 4].map(at => {
    const share = parseInt(pairs.slice(at, at + 2), 16) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
