import { useState } from 'react';
import { MarkdownContent } from '@backstage/core-components';
import type { Run } from '@downstage/plugin-ml-registry-common';
import { Section, useAction, useOwns, Reason } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Text, TextAreaField } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

const NOTE = 'mlflow.note.content';

/** What people wrote about a run, in Markdown; owners change it here, and scripts by the tag of MLflow's own pages. */
export function RunNote(props: { run: Run; onChanged: () => void }) {
  const { run, onChanged } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const note = run.tags[NOTE] ?? '';
  const [draft, setDraft] = useState<string>();
  const mayWrite = useOwns(run.owner) || !run.owner;
  const save = async () => {
    const done = await action.run(
      () =>
        api.updateRun({
          params: { runId: run.runId },
          body: { note: draft ?? '' },
        }),
      { title: t('runDetail.noteSaved') },
    );
    if (!done) return;
    setDraft(undefined);
    onChanged();
  };
  return (
    <Section
      title={t('runDetail.note')}
      actions={
        mayWrite &&
        draft === undefined && (
          <Button
            size="small"
            variant="secondary"
            onPress={() => setDraft(note)}
          >
            {t('runDetail.editNote')}
          </Button>
        )
      }
    >
      {draft === undefined ? (
        <>
          {note ? (
            <MarkdownContent content={note} />
          ) : (
            <Text color="secondary">{t('runDetail.noNote')}</Text>
          )}
        </>
      ) : (
        <Flex direction="column" gap="3">
          <TextAreaField
            // The button that was pressed is gone; the keyboard goes on here.
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
            label={t('runDetail.note')}
            description={t('runDetail.noteHint')}
            value={draft}
            onChange={setDraft}
            maxLength={8000}
            rows={8}
          />
          <Flex gap="2">
            <Button variant="primary" isPending={action.pending} onPress={save}>
              {t('runDetail.save')}
            </Button>
            <Button variant="secondary" onPress={() => setDraft(undefined)}>
              {t('runDetail.cancel')}
            </Button>
          </Flex>
          {action.error && (
            <Alert
              status="danger"
              title={t('runDetail.changeFailed')}
              description={<Reason error={action.error} />}
            />
          )}
        </Flex>
      )}
    </Section>
  );
}
