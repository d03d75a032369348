import { useState } from 'react';
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
} from '@backstage/ui';
import { RiFlaskLine } from '@remixicon/react';
import { mlRegistryTranslationRef } from '../../translation';

const MOST = 100;

/** Chooses one experiment or several whose runs are looked at together; none means all. */
export function ExperimentPicker(props: {
  experiments: readonly Experiment[];
  chosen: readonly string[];
  onChange: (experimentIds: string[]) => void;
}) {
  const { experiments, chosen, onChange } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [isOpen, setIsOpen] = useState(false);
  const [wanted, setWanted] = useState('');
  const names = chosen.map(
    id =>
      experiments.find(({ experimentId }) => experimentId === id)?.name ?? id,
  );
  const found = experiments.filter(({ name }) =>
    name.toLowerCase().includes(wanted.trim().toLowerCase()),
  );
  return (
    <>
      <Button
        variant="secondary"
        iconStart={<RiFlaskLine />}
        onPress={() => setIsOpen(true)}
      >
        {names.length === 0 ? t('runTable.allExperiments') : shorten(names)}
      </Button>
      {isOpen && (
        <Dialog
          isOpen
          onOpenChange={setIsOpen}
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
              {found.slice(0, MOST).map(({ experimentId, name }) => (
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
            </Flex>
          </DialogBody>
          <DialogFooter>
            <Button variant="primary" onPress={() => setIsOpen(false)}>
              {t('runTable.done')}
            </Button>
            <Button variant="secondary" onPress={() => onChange([])}>
              {t('runTable.allExperiments')}
            </Button>
          </DialogFooter>
        </Dialog>
      )}
    </>
  );
}

function shorten(names: readonly string[]): string {
  return names.length > 2
    ? `${names[0]} +${names.length - 1}`
    : names.join(', ');
}
