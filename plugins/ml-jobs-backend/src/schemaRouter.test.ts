import { jobDefinitionJsonSchema } from '@downstage/plugin-ml-jobs-common';
import express from 'express';
import request from 'supertest';
import { createSchemaRouter, schemaPath } from './schemaRouter';

describe('the schema for editors', () => {
  it('is the one that this portal checks with', async () => {
    const { body, headers } = await request(express().use(createSchemaRouter()))
      .get(schemaPath)
      .expect(200);
    expect(body).toEqual(JSON.parse(JSON.stringify(jobDefinitionJsonSchema())));
    expect(headers['content-type']).toMatch(/^application\/schema\+json/);
  });
});
