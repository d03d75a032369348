import { useEffect, useMemo, useRef, useState } from 'react';
import {
  toastApiRef,
  useApi,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Skeleton, Switch, Text } from '@backstage/ui';
import {
  AccessNeeded,
  accessNeededOf,
  CopyButton,
  Section,
  StatusBadge,
  Reason,
} from '@downstage/react';
import { RiDownloadLine } from '@remixicon/react';
import { cleanLog } from '../domain/cleanLog';
import { useJobLog } from '../hooks/useJobLog';
import { useJobs } from '../hooks/useJobs';
import { mlJobsTranslationRef } from '../translation';

/** The log as it grows. Follow keeps the end in sight, and lets go when somebody scrolls up. */
export function JobLogPanel(props: { jobId: string }) {
  const { jobId } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const log = useJobLog(jobId);
  const text = useMemo(() => cleanLog(log.text), [log.text]);
  const [follow, setFollow] = useState(true);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follow, text]);

  if (log.status === 'refused') {
    return (
      <Section title={t('log.title')}>
        <Refused error={log.error} />
      </Section>
    );
  }
  return (
    <Section
      title={t('log.title')}
      actions={
        <Flex gap="3" align="center">
          {log.status === 'live' && (
            <StatusBadge tone="running" label={t('log.live')} />
          )}
          {log.status === 'ended' && (
            <StatusBadge tone="ok" label={t('log.ended')} />
          )}
          <Switch
            label={t('log.follow')}
            isSelected={follow}
            onChange={setFollow}
          />
          <CopyButton text={text} label={t('log.copy')} />
          <DownloadButton jobId={jobId} />
        </Flex>
      }
    >
      <Flex direction="column" gap="2">
        {log.status === 'reconnecting' && (
          <Alert
            status="warning"
            title={t('log.reconnecting')}
            description={log.error && <Reason error={log.error} />}
          />
        )}
        {log.cut && <Text color="secondary">{t('log.cut')}</Text>}
        {log.status === 'connecting' && (
          <div role="status" aria-label="Loading" aria-busy="true">
            <Skeleton width="100%" height={20} />
          </div>
        )}
        <div
          ref={box}
          role="log"
          aria-label={t('log.title')}
          aria-live="off"
          // A scrolling region has to be reachable by keyboard.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          tabIndex={0}
          onScroll={({
            currentTarget: { scrollTop, scrollHeight, clientHeight },
          }) => {
            const atEnd = scrollHeight - scrollTop - clientHeight < 24;
            if (!atEnd && follow) setFollow(false);
          }}
          style={{
            maxHeight: 480,
            minHeight: 80,
            overflow: 'auto',
            padding: 12,
            borderRadius: 6,
            color: 'var(--bui-fg-primary)',
            background: 'var(--bui-bg-neutral-2, #8881)',
            fontFamily: 'ui-monospace, monospace',
            fontSize: 13,
            lineHeight: 1.5,
            whiteSpace: 'pre-wrap',
            overflowWrap: 'anywhere',
          }}
        >
          {text || (log.status !== 'connecting' && t('log.empty'))}
        </div>
      </Flex>
    </Section>
  );
}

/** A log shows what the job printed of its data: whom to ask for them, where that is the reason. */
function Refused(props: { error: Error | undefined }) {
  const { error } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const needed = accessNeededOf(error);
  if (needed) return <AccessNeeded {...needed} />;
  return (
    <Alert
      status="info"
      title={t('log.refused')}
      description={error && <Reason error={error} />}
    />
  );
}

function DownloadButton(props: { jobId: string }) {
  const { jobId } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const api = useJobs();
  const toastApi = useApi(toastApiRef);
  const download = async () => {
    try {
      const url = URL.createObjectURL(await api.downloadLog(jobId));
      const anchor = document.createElement('a');
      anchor.href = url;
      anchor.download = `job-${jobId}.log`;
      anchor.click();
      URL.revokeObjectURL(url);
    } catch (error) {
      toastApi.post({
        title: t('log.failed'),
        description: error instanceof Error ? error.message : String(error),
        status: 'danger',
      });
    }
  };
  return (
    <Button
      size="small"
      variant="secondary"
      iconStart={<RiDownloadLine />}
      onPress={download}
    >
      {t('log.download')}
    </Button>
  );
}
