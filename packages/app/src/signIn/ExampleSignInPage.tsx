import { configApiRef, useApi } from '@backstage/frontend-plugin-api';
import type { IdentityApi } from '@backstage/core-plugin-api';
import { ProxiedSignInPage, SignInPage } from '@backstage/core-components';
import type { SignInPageProps } from '@backstage/plugin-app-react';
import {
  Alert,
  Button,
  Card,
  CardBody,
  CardFooter,
  CardHeader,
  Container,
  Flex,
  Grid,
  Text,
} from '@backstage/ui';
import { useState } from 'react';

const storageKey = 'downstage.example-person';

/**
 * Enter as one of the example people. Where `auth.providers.example` is not configured, this is the stock page
 * with the guest provider.
 */
export function ExampleSignInPage(props: SignInPageProps) {
  const config = useApi(configApiRef);
  const people = (
    config.getOptionalConfigArray('auth.providers.example.people') ?? []
  ).map(person => ({
    entityRef: person.getString('entityRef'),
    name: person.getOptionalString('name') ?? person.getString('entityRef'),
    title: person.getOptionalString('title'),
  }));
  const [chosen, setChosen] = useState(
    () => window.localStorage.getItem(storageKey) ?? undefined,
  );

  if (!people.length) return <SignInPage {...props} providers={['guest']} />;

  const forget = () => {
    window.localStorage.removeItem(storageKey);
    setChosen(undefined);
  };

  if (chosen && people.some(person => person.entityRef === chosen)) {
    return (
      <ProxiedSignInPage
        {...props}
        provider="example"
        headers={{ 'x-example-person': chosen }}
        onSignInSuccess={identity =>
          props.onSignInSuccess(forgettingOnSignOut(identity))
        }
        ErrorComponent={({ error }) => (
          <Container>
            <Alert
              status="danger"
              title="You could not be signed in"
              description={error?.message}
              customActions={
                <Button variant="secondary" onPress={forget}>
                  Choose again
                </Button>
              }
            />
          </Container>
        )}
      />
    );
  }

  return (
    <Container>
      <Flex direction="column" gap="4" py="8">
        <Text as="h1" variant="title-large">
          {config.getOptionalString('app.title') ?? 'Downstage'}
        </Text>
        <Text as="p" color="secondary">
          This is an example portal. Enter as one of its people: what you may
          change depends on the team you are in.
        </Text>
        <Grid.Root columns={{ initial: '1', sm: '2', md: '3' }} gap="4">
          {people.map(person => (
            <Card key={person.entityRef}>
              <CardHeader>
                <Text as="h2" variant="title-small">
                  {person.name}
                </Text>
              </CardHeader>
              <CardBody>
                <Text color="secondary">{person.title}</Text>
              </CardBody>
              <CardFooter>
                <Button
                  onPress={() => {
                    window.localStorage.setItem(storageKey, person.entityRef);
                    setChosen(person.entityRef);
                  }}
                >
                  {`Enter as ${person.name.split(' ')[0]}`}
                </Button>
              </CardFooter>
            </Card>
          ))}
        </Grid.Root>
      </Flex>
    </Container>
  );
}

function forgettingOnSignOut(identity: IdentityApi): IdentityApi {
  return {
    getBackstageIdentity: () => identity.getBackstageIdentity(),
    getCredentials: () => identity.getCredentials(),
    getProfileInfo: () => identity.getProfileInfo(),
    signOut: async () => {
      window.localStorage.removeItem(storageKey);
      await identity.signOut();
    },
  };
}
