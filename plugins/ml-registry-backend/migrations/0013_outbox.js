// @ts-check

/**
 * Which deliveries of a webhook wait is asked at every step, of a month of deliveries that arrived.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('webhook_deliveries', table => {
    table.index(
      ['webhook_id', 'state', 'id'],
      'webhook_deliveries_waiting_idx',
    );
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('webhook_deliveries', table => {
    table.dropIndex(
      ['webhook_id', 'state', 'id'],
      'webhook_deliveries_waiting_idx',
    );
  });
};
