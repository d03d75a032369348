import { useRef } from 'react';
import type {
  ModelSignature,
  ModelVersion,
} from '@downstage/plugin-ml-registry-common';
import {
  Facts,
  Frame,
  Section,
  StatusBadge,
  Time,
  useAction,
  useLoad,
  Reason,
} from '@downstage/react';
import { parseEntityRef } from '@backstage/catalog-model';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Text } from '@backstage/ui';
import { RiShieldCheckLine, RiUploadLine } from '@remixicon/react';
import { listed } from '@downstage/common';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { Person } from '../shared/Person';

const tones = {
  verified: 'ok',
  refused: 'error',
  unsigned: 'neutral',
} as const;

/** Who signed the files of a version, what that covers, and when it was checked. */
export function ModelSignatureSection(props: {
  version: ModelVersion;
  mayCheck: boolean;
}) {
  const { version, mayCheck } = props;
  const { namespace, name } = parseEntityRef(version.modelRef);
  const params = { namespace, name, version: version.version };
  const api = useRegistry();
  const action = useAction();
  const picker = useRef<HTMLInputElement>(null);
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const signature = useLoad(
    signal => api.getModelSignature({ params }, { signal }),
    [api, version.ref],
    { pollMs: 0 },
  );
  const check = async (file?: File) => {
    const done = await action.run(
      async () =>
        api.verifyModelSignature({
          params,
          body: file
            ? { bundle: readBundle(await file.text(), t('signing.notJson')) }
            : {},
        }),
      { title: t('signing.done') },
    );
    if (done) signature.retry();
  };
  return (
    <Section title={t('signing.title')}>
      <Frame value={signature}>
        {value => (
          <Flex direction="column" gap="4">
            <SignatureFacts signature={value} />
            {mayCheck && (
              <Flex gap="2">
                {value.state !== 'unsigned' && (
                  <Button
                    variant="secondary"
                    size="small"
                    iconStart={<RiShieldCheckLine />}
                    isPending={action.pending}
                    onPress={() => check()}
                  >
                    {t('signing.checkAgain')}
                  </Button>
                )}
                <input
                  ref={picker}
                  type="file"
                  accept=".sig,.json"
                  aria-label={t('signing.upload')}
                  hidden
                  onChange={({ target }) => {
                    const file = target.files?.item(0);
                    if (file) check(file);
                    target.value = '';
                  }}
                />
                <Button
                  variant="secondary"
                  size="small"
                  iconStart={<RiUploadLine />}
                  onPress={() => picker.current?.click()}
                >
                  {t('signing.upload')}
                </Button>
              </Flex>
            )}
            {action.error && (
              <Alert
                status="danger"
                title={t('signing.checkFailed')}
                description={<Reason error={action.error} />}
              />
            )}
          </Flex>
        )}
      </Frame>
    </Section>
  );
}

function SignatureFacts({ signature }: { signature: ModelSignature }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { state, signer, covered, ignored, problems, bundle } = signature;
  return (
    <Flex direction="column" gap="3">
      <Flex>
        <StatusBadge tone={tones[state]} label={t(`signing.${state}`)} />
      </Flex>
      {state === 'unsigned' && (
        <Text color="secondary">{t('signing.unsignedText')}</Text>
      )}
      {problems.length > 0 && (
        <ul style={{ margin: 0, paddingLeft: 20 }}>
          {problems.map(problem => (
            <li key={problem}>
              <Text>{problem}</Text>
            </li>
          ))}
        </ul>
      )}
      <Facts
        facts={[
          { label: t('signing.by'), value: signer?.name },
          { label: t('signing.authority'), value: signer?.issuer },
          {
            label: t('signing.kind'),
            value: signer && t(`signing.kinds.${signer.kind}`),
          },
          {
            label: t('signing.covered'),
            value: covered.length ? (
              <span title={covered.join('\n')}>
                {t('signing.coveredFiles', { files: String(covered.length) })}
              </span>
            ) : undefined,
          },
          {
            label: t('signing.ignored'),
            // Nobody vouches for these: people have to see which they are.
            value: listed(ignored, { most: 100 }) || undefined,
          },
          { label: t('signing.bundle'), value: bundle },
          {
            label: t('signing.checked'),
            value: signature.checkedAt && (
              <>
                <Time at={signature.checkedAt} />{' '}
                {signature.checkedBy && (
                  <Person entityRef={signature.checkedBy} />
                )}
              </>
            ),
          },
        ]}
      />
    </Flex>
  );
}

function readBundle(text: string, refusal: string): Record<string, unknown> {
  const content: unknown = JSON.parse(text);
  if (typeof content !== 'object' || !content || Array.isArray(content)) {
    throw new Error(refusal);
  }
  return Object.fromEntries(Object.entries(content));
}
