import type { CreatedToken } from '@downstage/plugin-ml-tokens-common';
import { CodeBlock } from '@downstage/react';
import {
  configApiRef,
  useApi,
  useTranslationRef,
} from '@backstage/frontend-plugin-api';
import {
  Alert,
  Button,
  DialogBody,
  DialogFooter,
  Flex,
  Tab,
  TabList,
  TabPanel,
  Tabs,
  Text,
} from '@backstage/ui';
import { mlTokensTranslationRef } from '../translation';
import { commandsOf } from './commandsOf';

/** A secret, this once, with commands to paste. */
export function TokenSecret(props: {
  made: CreatedToken;
  onClose: () => void;
}) {
  const { made, onClose } = props;
  const { t } = useTranslationRef(mlTokensTranslationRef);
  const baseUrl = useApi(configApiRef).getString('backend.baseUrl');
  const { mlflow, curl, ci } = commandsOf({ baseUrl, secret: made.secret });
  return (
    <>
      <DialogBody>
        <Flex direction="column" gap="4">
          <Alert status="warning" title={t('secret.once')} />
          <Flex direction="column" gap="1">
            <Text weight="bold">{t('secret.secret')}</Text>
            <CodeBlock code={made.secret} label={t('secret.copy')} />
          </Flex>
          <Flex direction="column" gap="1">
            <Text weight="bold">{t('secret.commands')}</Text>
            <Tabs>
              <TabList>
                <Tab id="mlflow">{t('secret.mlflow')}</Tab>
                <Tab id="curl">{t('secret.curl')}</Tab>
                <Tab id="ci">{t('secret.ci')}</Tab>
              </TabList>
              <TabPanel id="mlflow">
                <CodeBlock code={mlflow} label={t('secret.copyCommand')} />
              </TabPanel>
              <TabPanel id="curl">
                <CodeBlock code={curl} label={t('secret.copyCommand')} />
              </TabPanel>
              <TabPanel id="ci">
                <Flex direction="column" gap="2">
                  <Text color="secondary">{t('secret.ciHint')}</Text>
                  <CodeBlock code={ci} label={t('secret.copyCommand')} />
                </Flex>
              </TabPanel>
            </Tabs>
          </Flex>
        </Flex>
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" onPress={onClose}>
          {t('secret.done')}
        </Button>
      </DialogFooter>
    </>
  );
}
