export interface Config {
  downstage?: {
    /**
     * Groups whose members may change what others own (not approve in their place).
     * @deepVisibility frontend
     */
    administrators?: string[];
  };
}
