#!/usr/bin/env node
// Exits 0 when the URL answers 200 within two seconds: for images without curl.
import { get } from 'node:http';

const [url = 'http://127.0.0.1:8080/healthz'] = process.argv.slice(2);
const request = get(url, { timeout: 2000 }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1));
request.on('timeout', () => process.exit(1));
request.on('error', () => process.exit(1));
