/** The way of a request with live figures, and what each strategy would make of the traffic. */
import { PageHead } from '../../components/page-head.tsx';
import { RequestPath } from './request-path.tsx';
import { TradeOffs } from './trade-offs.tsx';

export default function ArchitecturePage() {
  return (
    <>
      <PageHead title="Architecture" says="The way of a request, and what each strategy would make of the traffic" />
      <div class="page">
        <RequestPath />
        <TradeOffs />
      </div>
    </>
  );
}
