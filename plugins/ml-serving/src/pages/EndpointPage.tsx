import { Frame } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Container, Flex, Header } from '@backstage/ui';
import { useParams } from 'react-router-dom';
import { EndpointView } from '../components/EndpointView';
import { useEndpoint } from '../hooks/useServing';
import { mlServingTranslationRef } from '../translation';

/** One endpoint on a page of its own; the same as a model's Serving tab. */
export function EndpointPage() {
  const { namespace = 'default', name = '' } = useParams();
  const { t } = useTranslationRef(mlServingTranslationRef);
  const endpoint = useEndpoint({ namespace, name });
  return (
    <>
      <Header
        title={name}
        breadcrumbs={[{ label: t('list.title'), href: '/endpoints' }]}
        customActions={
          <ButtonLink
            variant="secondary"
            href={`/catalog/${namespace}/model/${name}`}
          >
            {t('endpoint.open')}
          </ButtonLink>
        }
      />
      <Container>
        <Flex direction="column" gap="4" pt="4" pb="8">
          <Frame
            value={endpoint}
            isEmpty={value => value === null}
            empty={{
              title: t('endpoint.notDeployedTitle'),
              description: t('endpoint.notDeployedText'),
            }}
          >
            {value =>
              value && (
                <EndpointView endpoint={value} onChange={endpoint.retry} />
              )
            }
          </Frame>
        </Flex>
      </Container>
    </>
  );
}
