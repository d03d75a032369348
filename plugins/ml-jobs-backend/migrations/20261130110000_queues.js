// @ts-check

/** @type {Record<string, number>} */
const units = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

/**
 * Queues, and what a job asks for, so that the order of a line is known without its definitions.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('jobs', table => {
    table.string('queue', 63).notNullable().defaultTo('default');
    table
      .string('priority', 63)
      .notNullable()
      .defaultTo('standard')
      .comment('Name of a class of the configuration');
    table
      .double('cpu')
      .notNullable()
      .defaultTo(0)
      .comment('Cores of all nodes together');
    table.double('memory').notNullable().defaultTo(0).comment('Bytes, of all');
    table.double('gpus').notNullable().defaultTo(0).comment('GPUs of all');
    table.string('admitted_at', 32).comment('When its newest attempt was');
    table
      .string('preempted_for', 64)
      .comment('The job it is stopped for, until that one has started');
    table.index(['preempted_for'], 'jobs_preempted_index');
  });
  await knex.schema.alterTable('job_usage', table => {
    table.string('queue', 63).notNullable().defaultTo('default');
  });
  await knex.schema.alterTable('job_runtimes', table => {
    table.text('capacity').comment('JSON, what it has in all by resource');
  });
  const open = await knex('jobs')
    .whereIn('state', ['queued', 'preparing', 'running'])
    .select('id', 'definition');
  for (const { id, definition } of open) {
    const { resources = {} } = JSON.parse(definition);
    const nodes = resources.nodes ?? 1;
    const [, amount, unit] =
      /^([\d.]+)(Ki|Mi|Gi|Ti)$/.exec(resources.memory ?? '') ?? [];
    await knex('jobs')
      .where({ id })
      .update({
        cpu: (resources.cpu ?? 0) * nodes,
        memory: amount ? Number(amount) * units[unit] * nodes : 0,
        gpus: (resources.gpus ?? 0) * nodes,
      });
  }
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('job_runtimes', table => {
    table.dropColumn('capacity');
  });
  await knex.schema.alterTable('job_usage', table => {
    table.dropColumn('queue');
  });
  await knex.schema.alterTable('jobs', table => {
    table.dropIndex([], 'jobs_preempted_index');
    for (const name of [
      ...['queue', 'priority', 'cpu', 'memory', 'gpus'],
      ...['admitted_at', 'preempted_for'],
    ])
      table.dropColumn(name);
  });
};
