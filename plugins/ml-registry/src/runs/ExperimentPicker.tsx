import { useState } from 'react';
import { useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button } from '@backstage/ui';
import { RiFlaskLine } from '@remixicon/react';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { ExperimentDialog } from './ExperimentDialog';

/** So many names are asked for at once; a page of that many experiments has no use for more. */
const MOST = 100;

/** Chooses one experiment or several whose runs are looked at together; none means all. */
export function ExperimentPicker(props: {
  chosen: readonly string[];
  onChange: (experimentIds: string[]) => void;
}) {
  const { chosen, onChange } = props;
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [isOpen, setIsOpen] = useState(false);
  const known = useLoad(
    async signal => {
      if (chosen.length === 0) return [];
      const experimentId = chosen.slice(0, MOST);
      const query = { experimentId };
      return (await api.listExperiments({ query }, { signal })).items;
    },
    [api, chosen.join(',')],
    { pollMs: 60_000 },
  );
  const named = chosen.map(id => ({
    experimentId: id,
    name:
      known.value?.find(({ experimentId }) => experimentId === id)?.name ?? id,
  }));
  return (
    <>
      <Button
        variant="secondary"
        iconStart={<RiFlaskLine />}
        onPress={() => setIsOpen(true)}
      >
        {named.length === 0
          ? t('runTable.allExperiments')
          : shorten(named.map(({ name }) => name))}
      </Button>
      {isOpen && (
        <ExperimentDialog
          chosen={named}
          onChange={onChange}
          onClose={() => setIsOpen(false)}
        />
      )}
    </>
  );
}

function shorten(names: readonly string[]): string {
  return names.length > 2
    ? `${names[0]} +${names.length - 1}`
    : names.join(', ');
}
