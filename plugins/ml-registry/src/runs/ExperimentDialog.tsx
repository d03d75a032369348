import { useState } from 'react';
import { Frame, useLoad, useLater } from '@downstage/react';
import type { Experiment } from '@downstage/plugin-ml-registry-common';
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
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

const MOST = 100;

type Named = Pick<Experiment, 'experimentId' | 'name'>;

/** Experiments to choose from: those chosen when it was opened, then those whose name the server finds. */
export function ExperimentDialog(props: {
  chosen: readonly Named[];
  onChange: (experimentIds: string[]) => void;
  onClose: () => void;
}) {
  const { onChange, onClose } = props;
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [wanted, setWanted] = useState('');
  // They keep their place while they are turned on and off.
  const [first] = useState(props.chosen);
  const words = useLater(wanted.trim());
  const found = useLoad(
    signal =>
      api.listExperiments(
        { query: { limit: MOST, ...(words && { query: words }) } },
        { signal },
      ),
    [api, words],
    { pollMs: 60_000 },
  );
  const chosen = props.chosen.map(({ experimentId }) => experimentId);
  const offered = (items: readonly Named[]): readonly Named[] => {
    if (words) return items;
    const isFirst = new Set(first.map(({ experimentId }) => experimentId));
    // A name may arrive after the dialog was opened; until then it is the id.
    const names = new Map(
      [...props.chosen, ...items].map(item => [item.experimentId, item.name]),
    );
    return [
      ...first.map(item => ({
        ...item,
        name: names.get(item.experimentId) ?? item.name,
      })),
      ...items.filter(item => !isFirst.has(item.experimentId)),
    ];
  };
  return (
    <Dialog
      isOpen
      onOpenChange={onClose}
      width="min(520px, 94vw)"
      height="min(560px, 90vh)"
    >
      <DialogHeader>{t('runTable.experiments')}</DialogHeader>
      <DialogBody>
        <Flex direction="column" gap="3">
          <SearchField
            aria-label={t('runTable.findExperiment')}
            placeholder={t('runTable.findExperiment')}
            value={wanted}
            onChange={setWanted}
          />
          <Frame
            value={found}
            isEmpty={({ items }) => offered(items).length === 0}
            empty={{ title: t('runTable.noExperiment') }}
          >
            {({ items, nextCursor }) => (
              <>
                {offered(items).map(({ experimentId, name }) => (
                  <Checkbox
                    key={experimentId}
                    isSelected={chosen.includes(experimentId)}
                    onChange={isChosen =>
                      onChange(
                        isChosen
                          ? [...chosen, experimentId]
                          : chosen.filter(id => id !== experimentId),
                      )
                    }
                  >
                    <span style={{ overflowWrap: 'anywhere' }}>{name}</span>
                  </Checkbox>
                ))}
                {nextCursor && (
                  <Text color="secondary" variant="body-small">
                    {t('runTable.moreExperiments')}
                  </Text>
                )}
              </>
            )}
          </Frame>
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" onPress={onClose}>
          {t('runTable.done')}
        </Button>
        <Button variant="secondary" onPress={() => onChange([])}>
          {t('runTable.allExperiments')}
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
