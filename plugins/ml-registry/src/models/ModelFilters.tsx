import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Flex,
  SearchField,
  Select,
  ToggleButton,
  ToggleButtonGroup,
} from '@backstage/ui';
import {
  healthFilters,
  modelFilters,
  modelSorts,
  ownerFilters,
  type ModelListFilter,
} from './filterModels';
import { mlRegistryTranslationRef } from '../shared/translation';

const stageWords = {
  all: 'models.filterAll',
  production: 'models.filterProduction',
  candidate: 'models.filterCandidate',
  none: 'models.filterNone',
  waiting: 'models.filterWaiting',
} as const;

const healthWords = {
  any: 'models.healthAny',
  attention: 'models.healthAttention',
} as const;

const sortWords = {
  name: 'models.sortName',
  owner: 'models.sortOwner',
  '-updated': 'models.sortUpdated',
  '-created': 'models.sortCreated',
} as const;

/** Narrows the list of models by words, stage, owner and health, and sorts it. */
export function ModelFilters(props: {
  filter: ModelListFilter;
  owners: readonly string[];
  /** Whether anything installed knows how models fare. */
  hasHealth: boolean;
  onChange: (filter: ModelListFilter) => void;
}) {
  const { filter, owners, hasHealth, onChange } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <Flex gap="4" align="end" style={{ flexWrap: 'wrap' }}>
      <SearchField
        aria-label={t('models.search')}
        placeholder={t('models.search')}
        size="small"
        style={{ flex: '1 1 100%' }}
        value={filter.search}
        onChange={search => onChange({ ...filter, search })}
      />
      <ToggleButtonGroup
        aria-label={t('models.filter')}
        selectionMode="single"
        disallowEmptySelection
        selectedKeys={[filter.stage]}
        onSelectionChange={keys => {
          const [key] = keys;
          const stage = modelFilters.find(id => id === key) ?? 'all';
          onChange({ ...filter, stage });
        }}
      >
        {modelFilters.map(id => (
          <ToggleButton key={id} id={id} style={{ whiteSpace: 'nowrap' }}>
            {t(stageWords[id])}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      <Select
        aria-label={t('models.owner')}
        size="small"
        style={{ width: 200 }}
        options={[
          { value: 'anybody', label: t('models.ownerAny') },
          { value: ownerFilters.mine, label: t('models.ownerMine') },
          { value: ownerFilters.nobody, label: t('models.unowned') },
          ...owners.map(ref => ({
            value: ref,
            label: ref.replace(/^group:default\//, ''),
          })),
        ]}
        value={filter.owner || 'anybody'}
        onChange={key => {
          const owner = String(key ?? 'anybody');
          onChange({ ...filter, owner: owner === 'anybody' ? '' : owner });
        }}
      />
      {hasHealth && (
        <Select
          aria-label={t('models.health')}
          size="small"
          style={{ width: 180 }}
          options={healthFilters.map(id => ({
            value: id,
            label: t(healthWords[id]),
          }))}
          value={filter.health}
          onChange={key => {
            const health = healthFilters.find(id => id === key) ?? 'any';
            onChange({ ...filter, health });
          }}
        />
      )}
      <Select
        aria-label={t('models.sort')}
        size="small"
        style={{ width: 180 }}
        options={modelSorts.map(id => ({ value: id, label: t(sortWords[id]) }))}
        value={filter.sort}
        onChange={key => {
          const sort = modelSorts.find(id => id === key) ?? 'name';
          onChange({ ...filter, sort });
        }}
      />
    </Flex>
  );
}
