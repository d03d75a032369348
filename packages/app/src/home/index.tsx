import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { HomePageWidgetBlueprint } from '@backstage/plugin-home-react/alpha';

const stageWidget = HomePageWidgetBlueprint.make({
  name: 'stage',
  params: {
    name: 'Stage',
    title: 'Machine learning at a glance',
    description:
      'Models in production, training under way, approvals that wait, drift',
    components: async () => {
      const { StageWidget } = await import('./StageWidget');
      return { Content: StageWidget };
    },
  },
});

const welcomeWidget = HomePageWidgetBlueprint.make({
  name: 'welcome',
  params: {
    name: 'Welcome',
    title: 'What to try first',
    description: 'The shortest ways to a model of your own',
    components: async () => {
      const { WelcomeWidget } = await import('./WelcomeWidget');
      return { Content: WelcomeWidget };
    },
  },
});

export const homeModule = createFrontendModule({
  pluginId: 'home',
  extensions: [stageWidget, welcomeWidget],
});
