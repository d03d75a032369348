import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { mlDataTranslationRef } from '../translation';

/** The words of this plugin. */
export function useWords() {
  return useTranslationRef(mlDataTranslationRef).t;
}
