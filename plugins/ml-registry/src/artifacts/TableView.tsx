import { useRef } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Text } from '@backstage/ui';
import { useVirtualizer } from '@tanstack/react-virtual';
import { mlRegistryTranslationRef } from '../shared/translation';
import { cellText, type FileTable } from './readTable';

const HEIGHT = 30;

/** The rows of a file in a window that scrolls; only those in view exist. */
export function TableView(props: { name: string; table: FileTable }) {
  const { name, table } = props;
  const { columns, rows, total } = table;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const box = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => HEIGHT,
    overscan: 10,
  });
  const cell = {
    flex: '0 0 180px',
    boxSizing: 'border-box',
    padding: '0 10px',
    lineHeight: `${HEIGHT}px`,
    overflow: 'hidden',
    whiteSpace: 'nowrap',
    textOverflow: 'ellipsis',
  } as const;
  const width = columns.length * 180;
  return (
    <Flex direction="column" gap="2">
      <Text color="secondary" variant="body-small">
        {rows.length < total
          ? t('files.rowsCut', {
              all: total.toLocaleString('en'),
              shown: rows.length.toLocaleString('en'),
            })
          : t('files.rows', {
              count: total,
              all: total.toLocaleString('en'),
            })}
      </Text>
      <div
        ref={box}
        role="table"
        aria-label={t('files.table', { name })}
        aria-rowcount={total + 1}
        // A box that scrolls must be reachable, so that the keyboard can scroll it.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        style={{
          overflow: 'auto',
          height: Math.min(480, (rows.length + 1) * HEIGHT + 20),
          border: '1px solid var(--bui-border-2)',
          borderRadius: 6,
          fontSize: 13,
          color: 'var(--bui-fg-primary)',
        }}
      >
        <div
          role="row"
          aria-rowindex={1}
          style={{
            display: 'flex',
            position: 'sticky',
            top: 0,
            width,
            zIndex: 1,
            fontWeight: 600,
            background: 'var(--bui-bg-neutral-2)',
          }}
        >
          {columns.map((column, index) => (
            <div key={index} role="columnheader" style={cell} title={column}>
              {column}
            </div>
          ))}
        </div>
        <div
          role="rowgroup"
          style={{
            position: 'relative',
            width,
            height: virtualizer.getTotalSize(),
          }}
        >
          {virtualizer.getVirtualItems().map(item => (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              style={{
                display: 'flex',
                position: 'absolute',
                top: 0,
                width,
                transform: `translateY(${item.start}px)`,
                borderBottom: '1px solid var(--bui-border-1)',
              }}
            >
              {columns.map((_, index) => {
                const text = cellText(rows[item.index][index]);
                return (
                  <div key={index} role="cell" style={cell} title={text}>
                    {text}
                  </div>
                );
              })}
            </div>
          ))}
        </div>
      </div>
    </Flex>
  );
}
