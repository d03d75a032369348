import { useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { TextField } from '@backstage/ui';
import { ConfirmDialog, DayField } from '@downstage/react';
import { mlDataApiRef } from '../shared/api';
import { dayAfter, endOf } from './grantDays';
import { useWords } from '../shared/useWords';

/** Long enough for a project, short enough that somebody asks again. */
const defaultDays = 90;

/** Asks who may read, what for and until when, and gives the right. */
export function GrantDialog(props: {
  path: { namespace: string; name: string };
  onClose: () => void;
  onDone: () => void;
}) {
  const t = useWords();
  const { path, onClose, onDone } = props;
  const api = useApi(mlDataApiRef);
  const [now] = useState(() => new Date());
  const [group, setGroup] = useState('');
  const [purpose, setPurpose] = useState('');
  const [day, setDay] = useState(() => dayAfter(now, defaultDays));
  return (
    <ConfirmDialog
      title={t('access.give')}
      text={t('access.giveText')}
      words={{
        confirm: t('access.give'),
        cancel: t('versions.cancel'),
        failed: t('access.giveFailed'),
      }}
      isDisabled={!group.trim() || purpose.trim().length < 3 || !day}
      change={() =>
        api.grantDatasetAccess({
          params: path,
          body: {
            group: group.trim(),
            purpose: purpose.trim(),
            until: endOf(day),
          },
        })
      }
      success={{ title: t('access.given', { group: group.trim() }) }}
      onClose={onClose}
      onDone={onDone}
    >
      <TextField
        label={t('access.group')}
        description={t('access.groupText')}
        value={group}
        onChange={setGroup}
        maxLength={300}
      />
      <TextField
        label={t('access.purpose')}
        description={t('access.purposeText')}
        value={purpose}
        onChange={setPurpose}
        maxLength={500}
      />
      <DayField
        label={t('access.lastDay')}
        value={day}
        min={dayAfter(now, 0)}
        onChange={setDay}
      />
    </ConfirmDialog>
  );
}
