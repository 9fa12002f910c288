/**
 * Asks before something is changed, and shows what it would do. It stays open until the change is made: when that fails, it
 * says why, and the reader may try again.
 */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ChangeAnswer } from '#contract/control.ts';
import { asFault, type Fault } from '../data/fault.ts';
import { toast } from '../data/toasts.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { ErrorFace } from './error-face.tsx';
import { PredictedEffect } from './predicted-effect.tsx';

export interface ConfirmDialogProps {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What is about to be done, in a sentence or two. */
  readonly children: ComponentChildren;
  /** Asks what would change (`dryRun`). Made anew when `effectKey` changes. */
  readonly predict?: () => Promise<ChangeAnswer>;
  readonly effectKey?: string;
  /** More about the effect than what changes in the configuration: load on the others, say. */
  readonly effect?: ComponentChildren;
  /** On the button: a verb. */
  readonly action: string;
  readonly danger?: boolean;
  /** False: what was entered cannot be done as it is, and the dialog shows why. */
  readonly ready?: boolean;
  readonly onConfirm: () => Promise<unknown>;
  /** Said when it is done. */
  readonly done?: string;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onClose, title, action, danger = false, ready = true, onConfirm, done } = props;
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Fault | null>(null);
  const close = (): void => {
    setFault(null);
    onClose();
  };
  const confirm = async (): Promise<void> => {
    setBusy(true);
    setFault(null);
    try {
      await onConfirm();
      if (done !== undefined) toast({ tone: 'ok', text: done });
      close();
    } catch (thrown) {
      setFault(asFault(thrown));
    } finally {
      setBusy(false);
    }
  };
  const actions = (
    <>
      <Button onClick={close}>Cancel</Button>
      <Button kind={danger ? 'danger' : 'primary'} busy={busy} disabled={!ready} onClick={() => void confirm()}>
        {action}
      </Button>
    </>
  );
  return (
    <Dialog open={open} onClose={close} title={title} actions={actions}>
      {props.children}
      {props.predict !== undefined && <PredictedEffect ask={props.predict} askKey={props.effectKey ?? ''} />}
      {props.effect}
      {fault !== null && <ErrorFace fault={fault} small />}
    </Dialog>
  );
}
