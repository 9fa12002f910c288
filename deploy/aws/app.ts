/** `npm run deploy:synth`: both sizes as templates in deploy/aws/cdk.out, checked by cdk-nag. Works without AWS and without its CLI. */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { EdgeBalancerStack } from './edgebalancer-stack.ts';
import { SIZES } from './sizes.ts';

export function makeApp(outdir: string): App {
  const app = new App({ outdir, analyticsReporting: false });
  for (const size of Object.values(SIZES)) new EdgeBalancerStack(app, `edgebalancer-${size.name}`, size);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
  return app;
}

if (import.meta.main) makeApp(process.env['CDK_OUTDIR'] ?? new URL('cdk.out', import.meta.url).pathname).synth();
