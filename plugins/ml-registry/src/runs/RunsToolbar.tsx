import { useState } from 'react';
import type { RunFields } from '@downstage/plugin-ml-registry-common';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Select, Switch } from '@backstage/ui';
import {
  RiBookmarkLine,
  RiDownloadLine,
  RiLayoutColumnLine,
} from '@remixicon/react';
import type { ViewState } from './domain/viewState';
import { mlRegistryTranslationRef } from '../shared/translation';
import { ColumnsDialog } from './ColumnsDialog';
import { ExperimentPicker } from './ExperimentPicker';
import { FilterField } from './FilterField';
import { ViewsDialog } from './ViewsDialog';

/** What the table shows, and how: experiments, filter, columns, groups, views. */
export function RunsToolbar(props: {
  state: ViewState;
  onChange: (change: Partial<ViewState>) => void;
  fields: RunFields;
  columns: readonly string[];
  /** Not on the page of a model: its runs may be of any experiment. */
  choosesExperiments: boolean;
  scope: string;
  viewQuery: string;
  showHidden: boolean;
  onShowHidden: (show: boolean) => void;
  onExport: () => void;
}) {
  const { state, onChange, fields, columns } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [open, setOpen] = useState<'columns' | 'views'>();
  const groups = [
    { value: 'none', label: t('runTable.noGroup') },
    { value: 'job', label: t('runTable.groupJob') },
    { value: 'datasets', label: t('runTable.groupDatasets') },
    ...fields.params.map(name => ({ value: `params.${name}`, label: name })),
    ...fields.tags
      .filter(name => !name.startsWith('mlflow.'))
      .map(name => ({ value: `tags.${name}`, label: name })),
  ];
  return (
    <Flex direction="column" gap="3">
      <Flex gap="3" align="start" style={{ flexWrap: 'wrap' }}>
        <FilterField
          value={state.filter}
          fields={fields}
          onApply={filter => onChange({ filter })}
        />
        <Select
          style={{ width: 190, flex: 'none' }}
          label={t('runTable.group')}
          options={groups}
          searchable
          value={state.groupBy || 'none'}
          onChange={key =>
            onChange({ groupBy: key === 'none' ? '' : String(key ?? '') })
          }
        />
      </Flex>
      <Flex gap="3" align="center" style={{ flexWrap: 'wrap' }}>
        {props.choosesExperiments && (
          <ExperimentPicker
            chosen={state.experiments}
            onChange={ids => onChange({ experiments: ids })}
          />
        )}
        <Button
          variant="secondary"
          iconStart={<RiLayoutColumnLine />}
          onPress={() => setOpen('columns')}
        >
          {t('runTable.columns')}
        </Button>
        <Button
          variant="secondary"
          iconStart={<RiBookmarkLine />}
          onPress={() => setOpen('views')}
        >
          {t('runTable.views')}
        </Button>
        <Button
          variant="secondary"
          iconStart={<RiDownloadLine />}
          onPress={props.onExport}
        >
          {t('runTable.export')}
        </Button>
        <Switch
          label={t('runTable.nested')}
          isSelected={state.nested}
          onChange={nested => onChange({ nested })}
        />
        <Switch
          label={t('runTable.deleted')}
          isSelected={state.deleted}
          onChange={deleted => onChange({ deleted })}
        />
        {state.hidden.length > 0 && (
          <Switch
            label={t('runTable.showHidden', {
              hidden: String(state.hidden.length),
            })}
            isSelected={props.showHidden}
            onChange={props.onShowHidden}
          />
        )}
      </Flex>
      {open === 'columns' && (
        <ColumnsDialog
          fields={fields}
          columns={columns}
          onChange={chosen => onChange({ columns: chosen })}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === 'views' && (
        <ViewsDialog
          scope={props.scope}
          state={props.viewQuery}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Flex>
  );
}
