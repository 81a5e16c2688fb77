// dcmjs-dimse as a peer: `node dcmjs.cjs VERB HOST PORT CALLED CALLING [ARGUMENT…]` prints one JSON object.
'use strict';
const dimse = require('dcmjs-dimse');
const { Client, Dataset, Scp, Server } = dimse;
const { CEchoRequest, CFindRequest, CStoreRequest, CGetRequest, NActionRequest } = dimse.requests;
const { CStoreResponse, NEventReportResponse } = dimse.responses;
const { PresentationContextResult, SopClass, Status, TransferSyntax } = dimse.constants;

dimse.log.level = 'error';
const COMMITMENT_INSTANCE = '1.2.840.10008.1.20.1.1'; // the well-known instance (PS3.4 J.3.5)
const [verb, host, port, called, calling, ...rest] = process.argv.slice(2);

function exchange(requests, prepare = () => {}) {
  return new Promise((resolve, reject) => {
    const client = new Client();
    requests.forEach((request) => client.addRequest(request));
    prepare(client);
    client.on('networkError', reject);
    client.on('associationRejected', (result) => reject(new Error('rejected: ' + JSON.stringify(result))));
    client.on('closed', resolve);
    client.send(host, Number(port), calling, called);
  });
}

function statusesOf(requests) {
  const statuses = [];
  requests.forEach((request) =>
    request.on('response', (response) => {
      if (response.getStatus() !== Status.Pending) statuses.push(response.getStatus());
    })
  );
  return statuses;
}

async function echo() {
  const request = new CEchoRequest();
  const statuses = statusesOf([request]);
  await exchange([request]);
  return { statuses };
}

async function store() {
  const requests = rest.map((file) => new CStoreRequest(file));
  const statuses = statusesOf(requests);
  await exchange(requests);
  return { statuses };
}

async function find() {
  const request = CFindRequest.createStudyFindRequest(JSON.parse(rest[0]));
  const found = [];
  const statuses = statusesOf([request]);
  request.on('response', (response) => {
    if (response.getStatus() === Status.Pending) found.push(response.getDataset().getElements());
  });
  await exchange([request]);
  return { statuses, found };
}

async function get() {
  const request = CGetRequest.createStudyGetRequest(rest[0]);
  const received = [];
  const statuses = statusesOf([request]);
  await exchange([request], (client) =>
    client.on('cStoreRequest', (incoming, callback) => {
      received.push(incoming.getDataset().getElement('SOPInstanceUID'));
      const response = CStoreResponse.fromRequest(incoming);
      response.setStatus(Status.Success);
      callback(response);
    })
  );
  return { statuses, received };
}

// Asks for commitment of the instances named as CLASS=INSTANCE, and waits for the report on an association of the
// server's own (PS3.4 J.3.3) on the port that is the first argument.
async function commit() {
  const [ownPort, transaction, ...references] = rest;
  let reported;
  const report = new Promise((resolve) => (reported = resolve));
  class Listener extends Scp {
    associationRequested(association) {
      association.getPresentationContexts().forEach(({ id }) => {
        const context = association.getPresentationContext(id);
        const known = context.getAbstractSyntaxUid() === SopClass.StorageCommitmentPushModel;
        const syntax = known && context.getTransferSyntaxUids().find((uid) => uid === TransferSyntax.ImplicitVRLittleEndian);
        if (syntax) context.setResult(PresentationContextResult.Accept, syntax);
        else context.setResult(PresentationContextResult.RejectAbstractSyntaxNotSupported);
      });
      this.sendAssociationAccept();
    }

    nEventReportRequest(request, callback) {
      const response = NEventReportResponse.fromRequest(request);
      response.setStatus(Status.Success);
      callback(response);
      reported({ type: request.getEventTypeId(), elements: request.getDataset().getElements() });
    }

    associationReleaseRequested() {
      this.sendAssociationReleaseResponse();
    }
  }
  const server = new Server(Listener);
  server.listen(Number(ownPort));
  const request = new NActionRequest(SopClass.StorageCommitmentPushModel, COMMITMENT_INSTANCE, 1);
  request.setDataset(
    new Dataset({
      TransactionUID: transaction,
      ReferencedSOPSequence: references.map((pair) => {
        const [ReferencedSOPClassUID, ReferencedSOPInstanceUID] = pair.split('=');
        return { ReferencedSOPClassUID, ReferencedSOPInstanceUID };
      }),
    })
  );
  const statuses = statusesOf([request]);
  await exchange([request]);
  const answer = statuses[0] === Status.Success ? await report : {};
  server.close();
  return { statuses, ...answer };
}

const verbs = { echo, store, find, get, commit };
verbs[verb]().then(
  (answer) => process.stdout.write(JSON.stringify(answer) + '\n', () => process.exit(0)),
  (error) => {
    process.stderr.write(String(error.stack || error) + '\n');
    process.exit(1);
  }
);
