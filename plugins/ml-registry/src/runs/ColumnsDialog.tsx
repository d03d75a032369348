import { useState } from 'react';
import type { RunFields } from '@downstage/plugin-ml-registry-common';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Button,
  Checkbox,
  Dialog,
  DialogBody,
  DialogFooter,
  DialogHeader,
  Flex,
  SearchField,
  Text,
} from '@backstage/ui';
import { attributeColumns } from './domain/columns';
import { mlRegistryTranslationRef } from '../shared/translation';

/** Of each kind so many are listed; the others are found by name. */
const MOST = 60;

/** Chooses the columns of the runs table. Ticked columns are shown at once. */
export function ColumnsDialog(props: {
  fields: RunFields;
  columns: readonly string[];
  onChange: (columns: string[] | undefined) => void;
  onClose: () => void;
}) {
  const { fields, columns, onChange, onClose } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [wanted, setWanted] = useState('');
  const kinds = [
    {
      title: t('runTable.attributes'),
      options: attributeColumns.map(column => ({
        column: String(column),
        label: t(`runTable.column.${column}`),
      })),
    },
    ...(['metrics', 'params', 'tags'] as const).map(kind => ({
      title: t(`runTable.${kind}`),
      options: fields[kind].map(name => ({
        column: `${kind}.${name}`,
        label: name,
      })),
    })),
  ].map(({ title, options }) => ({
    title,
    options: options.filter(option =>
      option.label.toLowerCase().includes(wanted.trim().toLowerCase()),
    ),
  }));
  const found = kinds.filter(({ options }) => options.length > 0);
  const change = (column: string, isShown: boolean) =>
    onChange(
      isShown
        ? [...columns, column]
        : columns.filter(other => other !== column),
    );
  return (
    <Dialog
      isOpen
      onOpenChange={open => !open && onClose()}
      width="min(720px, 94vw)"
      height="min(640px, 90vh)"
    >
      <DialogHeader>{t('runTable.columns')}</DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="4">
          <SearchField
            aria-label={t('runTable.findColumn')}
            placeholder={t('runTable.findColumn')}
            value={wanted}
            onChange={setWanted}
          />
          {found.length === 0 && <Text>{t('runTable.noColumn')}</Text>}
          {found.map(({ title, options }) => (
            <fieldset key={title} style={{ border: 0, margin: 0, padding: 0 }}>
              <legend style={{ fontWeight: 600, padding: '0 0 6px' }}>
                {title}
              </legend>
              <div
                style={{
                  display: 'grid',
                  gap: 6,
                  gridTemplateColumns: 'repeat(auto-fill, minmax(200px, 1fr))',
                }}
              >
                {options.slice(0, MOST).map(({ column, label }) => (
                  <Checkbox
                    key={column}
                    isSelected={columns.includes(column)}
                    onChange={isShown => change(column, isShown)}
                  >
                    <span style={{ overflowWrap: 'anywhere' }}>{label}</span>
                  </Checkbox>
                ))}
              </div>
              {options.length > MOST && (
                <Text color="secondary" variant="body-small">
                  {t('runTable.moreColumns', { count: options.length - MOST })}
                </Text>
              )}
            </fieldset>
          ))}
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" onPress={onClose}>
          {t('runTable.done')}
        </Button>
        <Button variant="secondary" onPress={() => onChange(undefined)}>
          {t('runTable.resetColumns')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
