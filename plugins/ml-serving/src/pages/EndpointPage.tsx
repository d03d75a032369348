import { shownNameOf } from '@downstage/common';
import { Frame, useLoad } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
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
          endpoint.value && (
            <ButtonLink
              variant="secondary"
              href={`/catalog/${namespace}/model/${name}`}
            >
              {t('endpoint.open')}
            </ButtonLink>
          )
        }
      />
      <Container>
        <Flex direction="column" gap="4" pt="4" pb="8">
          <Frame value={endpoint}>
            {value =>
              value ? (
                <EndpointView endpoint={value} onChange={endpoint.retry} />
              ) : (
                <NoEndpoint namespace={namespace} name={name} />
              )
            }
          </Frame>
        </Flex>
      </Container>
    </>
  );
}

/** Tells a model that is not deployed from a name that no model has. */
function NoEndpoint({ namespace, name }: { namespace: string; name: string }) {
  const { t } = useTranslationRef(mlServingTranslationRef);
  const catalog = useApi(catalogApiRef);
  const model = useLoad(
    async () =>
      (await catalog.getEntityByRef({ kind: 'Model', namespace, name })) ??
      null,
    [namespace, name],
  );
  const face = model.value
    ? {
        title: t('endpoint.notDeployedTitle'),
        description: t('endpoint.notDeployedText'),
        href: `/catalog/${namespace}/model/${name}/serving`,
        action: t('endpoint.openTab'),
      }
    : {
        title: t('endpoint.noModelTitle', {
          name: shownNameOf({ namespace, name }),
        }),
        description: t('endpoint.noModelText'),
        href: '/endpoints',
        action: t('endpoint.showAll'),
      };
  return (
    <Frame
      value={model}
      isEmpty={() => true}
      empty={{
        ...face,
        action: (
          <ButtonLink variant="primary" href={face.href}>
            {face.action}
          </ButtonLink>
        ),
      }}
    >
      {() => null}
    </Frame>
  );
}
