CREATE TABLE account (
    id BIGSERIAL NOT NULL,
    name VARCHAR(64) NOT NULL,
    password_hash TEXT NOT NULL,
    roles TEXT NOT NULL,
    allow TEXT NOT NULL,
    deny TEXT NOT NULL,
    active BOOLEAN NOT NULL,
    created_at FLOAT NOT NULL,
    CONSTRAINT pk_account PRIMARY KEY (id),
    CONSTRAINT uq_account_name UNIQUE (name)
);

CREATE TABLE audit (
    id BIGSERIAL NOT NULL,
    at FLOAT NOT NULL,
    caller VARCHAR(64) NOT NULL,
    door VARCHAR(16) NOT NULL,
    address VARCHAR(64) NOT NULL,
    via VARCHAR(16) NOT NULL,
    kind VARCHAR(64) NOT NULL,
    study VARCHAR(64) NOT NULL,
    detail TEXT NOT NULL,
    outcome VARCHAR(16) NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (id)
);
CREATE INDEX ix_audit_at ON audit (at);
CREATE INDEX ix_audit_study_at ON audit (study, at);

CREATE TABLE audit_address (
    caller TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    seen_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    CONSTRAINT pk_audit_address PRIMARY KEY (caller, address)
);

CREATE TABLE audit_checkpoint (
    position BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    sha256 BYTEA NOT NULL,
    at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    previous BIGINT NOT NULL,
    key TEXT COLLATE "C" DEFAULT '' NOT NULL,
    signature BYTEA NOT NULL,
    CONSTRAINT pk_audit_checkpoint PRIMARY KEY (position)
);

CREATE TABLE audit_lease (
    name TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" DEFAULT '' NOT NULL,
    until DOUBLE PRECISION DEFAULT '0' NOT NULL,
    CONSTRAINT pk_audit_lease PRIMARY KEY (name)
);

CREATE TABLE audit_link (
    position BIGINT NOT NULL,
    entry BIGINT NOT NULL,
    caller TEXT COLLATE "C" DEFAULT '' NOT NULL,
    patient_id TEXT COLLATE "C" DEFAULT '' NOT NULL,
    issuer TEXT COLLATE "C" DEFAULT '' NOT NULL,
    sha256 BYTEA NOT NULL,
    CONSTRAINT pk_audit_link PRIMARY KEY (position)
);
CREATE INDEX ix_audit_link_caller ON audit_link (caller, position);
CREATE INDEX ix_audit_link_patient_id ON audit_link (patient_id, position);
CREATE UNIQUE INDEX uq_audit_link_entry ON audit_link (entry);

CREATE TABLE audit_review (
    id BIGSERIAL NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    detector TEXT COLLATE "C" DEFAULT '' NOT NULL,
    found_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    position BIGINT DEFAULT '0' NOT NULL,
    caller TEXT COLLATE "C" DEFAULT '' NOT NULL,
    study TEXT COLLATE "C" DEFAULT '' NOT NULL,
    patient_id TEXT COLLATE "C" DEFAULT '' NOT NULL,
    issuer TEXT COLLATE "C" DEFAULT '' NOT NULL,
    detail TEXT COLLATE "C" DEFAULT '' NOT NULL,
    state TEXT COLLATE "C" DEFAULT '' NOT NULL,
    outcome TEXT COLLATE "C" DEFAULT '' NOT NULL,
    note TEXT COLLATE "C" DEFAULT '' NOT NULL,
    closed_by TEXT COLLATE "C" DEFAULT '' NOT NULL,
    closed_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    CONSTRAINT pk_audit_review PRIMARY KEY (id),
    CONSTRAINT uq_audit_review_key UNIQUE (key)
);
CREATE INDEX ix_audit_review_state ON audit_review (state, id);

CREATE TABLE audit_state (
    name TEXT COLLATE "C" NOT NULL,
    value TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_audit_state PRIMARY KEY (name)
);

CREATE TABLE commitment (
    id BIGSERIAL NOT NULL,
    transaction_uid TEXT COLLATE "C" NOT NULL,
    peer TEXT COLLATE "C" DEFAULT '' NOT NULL,
    direction TEXT COLLATE "C" DEFAULT '' NOT NULL,
    state TEXT COLLATE "C" DEFAULT '' NOT NULL,
    payload TEXT NOT NULL,
    asked_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    answered_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    CONSTRAINT pk_commitment PRIMARY KEY (id),
    CONSTRAINT uq_commitment_transaction_uid UNIQUE (transaction_uid)
);

CREATE TABLE extra_value (
    level TEXT COLLATE "C" NOT NULL,
    row BIGINT NOT NULL,
    attribute TEXT COLLATE "C" NOT NULL,
    number INTEGER NOT NULL,
    value TEXT COLLATE "C" DEFAULT '' NOT NULL,
    fold TEXT COLLATE "C" DEFAULT '' NOT NULL,
    CONSTRAINT pk_extra_value PRIMARY KEY (level, row, attribute, number)
);
CREATE INDEX ix_extra_value_value ON extra_value (attribute, value, level, row);

CREATE TABLE feed (
    position BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    payload TEXT NOT NULL,
    study_uid TEXT COLLATE "C" DEFAULT '' NOT NULL,
    at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    CONSTRAINT pk_feed PRIMARY KEY (position)
);

CREATE TABLE mark (
    name TEXT COLLATE "C" NOT NULL,
    value BIGINT NOT NULL,
    CONSTRAINT pk_mark PRIMARY KEY (name)
);

CREATE TABLE name_word (
    id BIGSERIAL NOT NULL,
    word TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_name_word PRIMARY KEY (id),
    CONSTRAINT uq_name_word_word UNIQUE (word)
);

CREATE TABLE outbox (
    id BIGSERIAL NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    payload TEXT NOT NULL,
    key TEXT COLLATE "C",
    fed SMALLINT DEFAULT '1' NOT NULL,
    not_before DOUBLE PRECISION DEFAULT '0' NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    leased_until DOUBLE PRECISION DEFAULT '0' NOT NULL,
    owner TEXT COLLATE "C" DEFAULT '' NOT NULL,
    state TEXT COLLATE "C" DEFAULT '' NOT NULL,
    error TEXT COLLATE "C" DEFAULT '' NOT NULL,
    told_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    peer TEXT COLLATE "C" DEFAULT '' NOT NULL,
    CONSTRAINT pk_outbox PRIMARY KEY (id)
);
CREATE INDEX ix_outbox_unfed ON outbox (id) WHERE fed = 0;
CREATE INDEX ix_outbox_waiting ON outbox (kind, not_before) WHERE state = 'waiting';
CREATE UNIQUE INDEX uq_outbox_key ON outbox (kind, key) WHERE key IS NOT NULL;

CREATE TABLE patient (
    id BIGSERIAL NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    patient_id TEXT COLLATE "C" DEFAULT '' NOT NULL,
    issuer TEXT COLLATE "C" DEFAULT '' NOT NULL,
    CONSTRAINT pk_patient PRIMARY KEY (id),
    CONSTRAINT uq_patient_key UNIQUE (key)
);

CREATE TABLE peer (
    aet VARCHAR(16) NOT NULL,
    host VARCHAR(255) NOT NULL,
    port INTEGER NOT NULL,
    options TEXT NOT NULL,
    held BOOLEAN DEFAULT false NOT NULL,
    CONSTRAINT pk_peer PRIMARY KEY (aet)
);

CREATE TABLE quarantine (
    id BIGSERIAL NOT NULL,
    state TEXT COLLATE "C" DEFAULT '' NOT NULL,
    reason TEXT COLLATE "C" DEFAULT '' NOT NULL,
    detail TEXT COLLATE "C" DEFAULT '' NOT NULL,
    blob_name TEXT COLLATE "C" NOT NULL,
    size_bytes BIGINT NOT NULL,
    dataset_sha256 BYTEA NOT NULL,
    meta_sha256 BYTEA NOT NULL,
    syntax TEXT COLLATE "C" DEFAULT '' NOT NULL,
    sop_class TEXT COLLATE "C" DEFAULT '' NOT NULL,
    instance_uid TEXT COLLATE "C" DEFAULT '' NOT NULL,
    series_uid TEXT COLLATE "C" DEFAULT '' NOT NULL,
    study_uid TEXT COLLATE "C" DEFAULT '' NOT NULL,
    patient_id TEXT COLLATE "C" DEFAULT '' NOT NULL,
    issuer TEXT COLLATE "C" DEFAULT '' NOT NULL,
    patient_name TEXT COLLATE "C" DEFAULT '' NOT NULL,
    header TEXT COLLATE "C" DEFAULT '' NOT NULL,
    origin TEXT COLLATE "C" DEFAULT '' NOT NULL,
    channel TEXT COLLATE "C" DEFAULT '' NOT NULL,
    received_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    closed_by TEXT COLLATE "C" DEFAULT '' NOT NULL,
    closed_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    CONSTRAINT pk_quarantine PRIMARY KEY (id),
    CONSTRAINT uq_quarantine_blob_name UNIQUE (blob_name)
);
CREATE INDEX ix_quarantine_state ON quarantine (state, id);
CREATE UNIQUE INDEX uq_quarantine_open ON quarantine (instance_uid, dataset_sha256, syntax) WHERE state = 'open';

CREATE TABLE rejection (
    id BIGSERIAL NOT NULL,
    study_uid TEXT COLLATE "C" DEFAULT '' NOT NULL,
    series_uid TEXT COLLATE "C" DEFAULT '' NOT NULL,
    instance_uid TEXT COLLATE "C" DEFAULT '' NOT NULL,
    code TEXT COLLATE "C" DEFAULT '' NOT NULL,
    by TEXT COLLATE "C" DEFAULT '' NOT NULL,
    at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    restored_by TEXT COLLATE "C" DEFAULT '' NOT NULL,
    restored_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    CONSTRAINT pk_rejection PRIMARY KEY (id)
);
CREATE INDEX ix_rejection_study ON rejection (study_uid, series_uid, instance_uid);

CREATE TABLE study_key (
    study_uid TEXT COLLATE "C" NOT NULL,
    key_id TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_study_key PRIMARY KEY (study_uid)
);
CREATE INDEX ix_study_key_key_id ON study_key (key_id);

CREATE TABLE session (
    id BIGSERIAL NOT NULL,
    sha256 BYTEA NOT NULL,
    account VARCHAR(64) NOT NULL,
    csrf VARCHAR(64) NOT NULL,
    created_at FLOAT NOT NULL,
    seen_at FLOAT NOT NULL,
    expires_at FLOAT NOT NULL,
    CONSTRAINT pk_session PRIMARY KEY (id),
    CONSTRAINT uq_session_sha256 UNIQUE (sha256)
);
CREATE INDEX ix_session_account ON session (account);

CREATE TABLE token (
    id BIGSERIAL NOT NULL,
    name VARCHAR(64) NOT NULL,
    sha256 BYTEA NOT NULL,
    roles TEXT NOT NULL,
    allow TEXT NOT NULL,
    deny TEXT NOT NULL,
    created_by VARCHAR(64) NOT NULL,
    created_at FLOAT NOT NULL,
    last_used_at FLOAT NOT NULL,
    expires_at FLOAT NOT NULL,
    revoked_at FLOAT NOT NULL,
    CONSTRAINT pk_token PRIMARY KEY (id),
    CONSTRAINT uq_token_sha256 UNIQUE (sha256)
);

CREATE TABLE study (
    id BIGSERIAL NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    patient BIGINT NOT NULL,
    received_key TEXT COLLATE "C" DEFAULT '' NOT NULL,
    patient_id TEXT COLLATE "C" DEFAULT '' NOT NULL,
    issuer TEXT COLLATE "C" DEFAULT '' NOT NULL,
    patient_name TEXT COLLATE "C" DEFAULT '' NOT NULL,
    name_fold TEXT COLLATE "C" DEFAULT '' NOT NULL,
    name_ideographic TEXT COLLATE "C" DEFAULT '' NOT NULL,
    name_phonetic TEXT COLLATE "C" DEFAULT '' NOT NULL,
    name_all TEXT COLLATE "C" DEFAULT '' NOT NULL,
    other_ids TEXT COLLATE "C" DEFAULT '' NOT NULL,
    birth_date TEXT COLLATE "C" DEFAULT '' NOT NULL,
    birth_time TEXT COLLATE "C" DEFAULT '' NOT NULL,
    sex TEXT COLLATE "C" DEFAULT '' NOT NULL,
    patient_comments TEXT COLLATE "C" DEFAULT '' NOT NULL,
    date TEXT COLLATE "C" DEFAULT '' NOT NULL,
    time TEXT COLLATE "C" DEFAULT '' NOT NULL,
    time_shown TEXT COLLATE "C" DEFAULT '' NOT NULL,
    accession TEXT COLLATE "C" DEFAULT '' NOT NULL,
    study_id TEXT COLLATE "C" DEFAULT '' NOT NULL,
    description TEXT COLLATE "C" DEFAULT '' NOT NULL,
    referring TEXT COLLATE "C" DEFAULT '' NOT NULL,
    referring_fold TEXT COLLATE "C" DEFAULT '' NOT NULL,
    timezone TEXT COLLATE "C" DEFAULT '' NOT NULL,
    modalities TEXT COLLATE "C" DEFAULT '' NOT NULL,
    sop_classes TEXT COLLATE "C" DEFAULT '' NOT NULL,
    n_series INTEGER DEFAULT '0' NOT NULL,
    n_instances INTEGER DEFAULT '0' NOT NULL,
    visible SMALLINT DEFAULT '1' NOT NULL,
    charset TEXT COLLATE "C" DEFAULT '' NOT NULL,
    amended TEXT COLLATE "C" DEFAULT '' NOT NULL,
    version INTEGER DEFAULT '0' NOT NULL,
    revision INTEGER DEFAULT '0' NOT NULL,
    settling SMALLINT DEFAULT '0' NOT NULL,
    received_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    changed_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    settled_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    CONSTRAINT pk_study PRIMARY KEY (id),
    CONSTRAINT uq_study_uid UNIQUE (uid),
    CONSTRAINT fk_study_patient FOREIGN KEY(patient) REFERENCES patient (id)
);
CREATE INDEX ix_study_accession ON study (accession, date, time, id) WHERE visible = 1;
CREATE INDEX ix_study_hidden ON study (id) WHERE visible = 0;
CREATE INDEX ix_study_name_fold ON study (name_fold, date, time, id) WHERE visible = 1;
CREATE INDEX ix_study_newest ON study (date, time, id) WHERE visible = 1;
CREATE INDEX ix_study_patient ON study (patient, date, time, id) WHERE visible = 1;
CREATE INDEX ix_study_patient_id ON study (patient_id, date, time, id) WHERE visible = 1;
CREATE INDEX ix_study_study_id ON study (study_id, date, time, id) WHERE visible = 1;
CREATE INDEX ix_study_timezone ON study (timezone) WHERE timezone <> '';

CREATE TABLE amendment (
    id BIGSERIAL NOT NULL,
    study_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    keyword TEXT COLLATE "C" DEFAULT '' NOT NULL,
    was TEXT COLLATE "C" DEFAULT '' NOT NULL,
    value TEXT COLLATE "C" DEFAULT '' NOT NULL,
    by TEXT COLLATE "C" DEFAULT '' NOT NULL,
    reason TEXT COLLATE "C" DEFAULT '' NOT NULL,
    at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    CONSTRAINT pk_amendment PRIMARY KEY (id),
    CONSTRAINT fk_amendment_study_id FOREIGN KEY(study_id) REFERENCES study (id)
);
CREATE INDEX ix_amendment_study ON amendment (study_id, version);

CREATE TABLE series (
    id BIGSERIAL NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    study_id BIGINT NOT NULL,
    modality TEXT COLLATE "C" DEFAULT '' NOT NULL,
    number TEXT COLLATE "C" DEFAULT '' NOT NULL,
    ord BIGINT NOT NULL,
    description TEXT COLLATE "C" DEFAULT '' NOT NULL,
    date TEXT COLLATE "C" DEFAULT '' NOT NULL,
    time TEXT COLLATE "C" DEFAULT '' NOT NULL,
    time_shown TEXT COLLATE "C" DEFAULT '' NOT NULL,
    body_part TEXT COLLATE "C" DEFAULT '' NOT NULL,
    laterality TEXT COLLATE "C" DEFAULT '' NOT NULL,
    protocol TEXT COLLATE "C" DEFAULT '' NOT NULL,
    station TEXT COLLATE "C" DEFAULT '' NOT NULL,
    manufacturer TEXT COLLATE "C" DEFAULT '' NOT NULL,
    model TEXT COLLATE "C" DEFAULT '' NOT NULL,
    institution TEXT COLLATE "C" DEFAULT '' NOT NULL,
    department TEXT COLLATE "C" DEFAULT '' NOT NULL,
    operators TEXT COLLATE "C" DEFAULT '' NOT NULL,
    performing TEXT COLLATE "C" DEFAULT '' NOT NULL,
    performing_fold TEXT COLLATE "C" DEFAULT '' NOT NULL,
    pps_date TEXT COLLATE "C" DEFAULT '' NOT NULL,
    pps_time TEXT COLLATE "C" DEFAULT '' NOT NULL,
    pps_time_shown TEXT COLLATE "C" DEFAULT '' NOT NULL,
    pps_id TEXT COLLATE "C" DEFAULT '' NOT NULL,
    pps_description TEXT COLLATE "C" DEFAULT '' NOT NULL,
    requests TEXT COLLATE "C" DEFAULT '' NOT NULL,
    n_instances INTEGER DEFAULT '0' NOT NULL,
    visible SMALLINT DEFAULT '1' NOT NULL,
    CONSTRAINT pk_series PRIMARY KEY (id),
    CONSTRAINT uq_series_uid UNIQUE (uid),
    CONSTRAINT fk_series_study_id FOREIGN KEY(study_id) REFERENCES study (id)
);
CREATE INDEX ix_series_study ON series (study_id, ord, id);

CREATE TABLE study_access (
    token TEXT COLLATE "C" NOT NULL,
    date TEXT COLLATE "C" NOT NULL,
    time TEXT COLLATE "C" NOT NULL,
    study_id BIGINT NOT NULL,
    CONSTRAINT pk_study_access PRIMARY KEY (token, date, time, study_id),
    CONSTRAINT fk_study_access_study_id FOREIGN KEY(study_id) REFERENCES study (id)
);
CREATE UNIQUE INDEX ix_study_access_study ON study_access (study_id, token);

CREATE TABLE study_list (
    list TEXT COLLATE "C" NOT NULL,
    date TEXT COLLATE "C" NOT NULL,
    time TEXT COLLATE "C" NOT NULL,
    study_id BIGINT NOT NULL,
    CONSTRAINT pk_study_list PRIMARY KEY (list, date, time, study_id),
    CONSTRAINT fk_study_list_study_id FOREIGN KEY(study_id) REFERENCES study (id)
);
CREATE UNIQUE INDEX ix_study_list_study ON study_list (study_id, list);

CREATE TABLE study_modality (
    modality TEXT COLLATE "C" NOT NULL,
    date TEXT COLLATE "C" NOT NULL,
    time TEXT COLLATE "C" NOT NULL,
    study_id BIGINT NOT NULL,
    CONSTRAINT pk_study_modality PRIMARY KEY (modality, date, time, study_id),
    CONSTRAINT fk_study_modality_study_id FOREIGN KEY(study_id) REFERENCES study (id)
);
CREATE INDEX ix_study_modality_study ON study_modality (study_id, modality);

CREATE TABLE study_word (
    word_id BIGINT NOT NULL,
    study_id BIGINT NOT NULL,
    CONSTRAINT pk_study_word PRIMARY KEY (word_id, study_id),
    CONSTRAINT fk_study_word_word_id FOREIGN KEY(word_id) REFERENCES name_word (id),
    CONSTRAINT fk_study_word_study_id FOREIGN KEY(study_id) REFERENCES study (id)
);
CREATE INDEX ix_study_word_study ON study_word (study_id);

CREATE TABLE instance (
    id BIGSERIAL NOT NULL,
    uid TEXT COLLATE "C" NOT NULL,
    series_id BIGINT NOT NULL,
    sop_class TEXT COLLATE "C" DEFAULT '' NOT NULL,
    syntax TEXT COLLATE "C" DEFAULT '' NOT NULL,
    number TEXT COLLATE "C" DEFAULT '' NOT NULL,
    ord BIGINT NOT NULL,
    rows INTEGER DEFAULT '0' NOT NULL,
    columns INTEGER DEFAULT '0' NOT NULL,
    bits INTEGER DEFAULT '0' NOT NULL,
    frames INTEGER DEFAULT '0' NOT NULL,
    content_date TEXT COLLATE "C" DEFAULT '' NOT NULL,
    content_time TEXT COLLATE "C" DEFAULT '' NOT NULL,
    content_time_shown TEXT COLLATE "C" DEFAULT '' NOT NULL,
    image_type TEXT COLLATE "C" DEFAULT '' NOT NULL,
    photometric TEXT COLLATE "C" DEFAULT '' NOT NULL,
    blob_name TEXT COLLATE "C" NOT NULL,
    size_bytes BIGINT NOT NULL,
    dataset_sha256 BYTEA NOT NULL,
    meta_sha256 BYTEA NOT NULL,
    dataset_offset INTEGER DEFAULT '0' NOT NULL,
    pixel_offset BIGINT DEFAULT '-1' NOT NULL,
    visible SMALLINT DEFAULT '1' NOT NULL,
    received_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    origin TEXT COLLATE "C" DEFAULT '' NOT NULL,
    channel TEXT COLLATE "C" DEFAULT '' NOT NULL,
    CONSTRAINT pk_instance PRIMARY KEY (id),
    CONSTRAINT uq_instance_uid UNIQUE (uid),
    CONSTRAINT fk_instance_series_id FOREIGN KEY(series_id) REFERENCES series (id),
    CONSTRAINT uq_instance_blob_name UNIQUE (blob_name)
);
CREATE INDEX ix_instance_series ON instance (series_id, ord, id);

CREATE TABLE series_request (
    series_id BIGINT NOT NULL,
    item INTEGER NOT NULL,
    sps_id TEXT COLLATE "C" DEFAULT '' NOT NULL,
    rp_id TEXT COLLATE "C" DEFAULT '' NOT NULL,
    accession TEXT COLLATE "C" DEFAULT '' NOT NULL,
    study_uid TEXT COLLATE "C" DEFAULT '' NOT NULL,
    CONSTRAINT pk_series_request PRIMARY KEY (series_id, item),
    CONSTRAINT fk_series_request_series_id FOREIGN KEY(series_id) REFERENCES series (id)
);
CREATE INDEX ix_series_request_rp ON series_request (rp_id);
CREATE INDEX ix_series_request_sps ON series_request (sps_id);

CREATE TABLE reading_document (
    id BIGSERIAL NOT NULL,
    kind TEXT COLLATE "C" DEFAULT '' NOT NULL,
    owner TEXT COLLATE "C" DEFAULT '' NOT NULL,
    name TEXT COLLATE "C" DEFAULT '' NOT NULL,
    shared SMALLINT DEFAULT '0' NOT NULL,
    version INTEGER DEFAULT '1' NOT NULL,
    content TEXT NOT NULL,
    changed_by TEXT COLLATE "C" DEFAULT '' NOT NULL,
    changed_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    CONSTRAINT pk_reading_document PRIMARY KEY (id),
    CONSTRAINT uq_reading_document_kind_owner_name UNIQUE (kind, owner, name)
);
CREATE INDEX ix_reading_document_shared ON reading_document (kind, shared);

CREATE TABLE reading_draft (
    study TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    parent INTEGER DEFAULT '0' NOT NULL,
    at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    content TEXT NOT NULL,
    CONSTRAINT pk_reading_draft PRIMARY KEY (study, owner, version)
);

CREATE TABLE reading_status (
    study TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" DEFAULT '' NOT NULL,
    priority TEXT COLLATE "C" DEFAULT '' NOT NULL,
    comment TEXT COLLATE "C" DEFAULT '' NOT NULL,
    version INTEGER DEFAULT '0' NOT NULL,
    reader TEXT COLLATE "C" DEFAULT '' NOT NULL,
    until DOUBLE PRECISION DEFAULT '0' NOT NULL,
    changed_by TEXT COLLATE "C" DEFAULT '' NOT NULL,
    changed_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    CONSTRAINT pk_reading_status PRIMARY KEY (study)
);
CREATE INDEX ix_reading_status_until ON reading_status (until);

CREATE TABLE deidentified_export (
    id BIGSERIAL NOT NULL,
    project TEXT COLLATE "C" DEFAULT '' NOT NULL,
    state TEXT COLLATE "C" DEFAULT '' NOT NULL,
    created_by TEXT COLLATE "C" DEFAULT '' NOT NULL,
    created_at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    version INTEGER DEFAULT '1' NOT NULL,
    sealed BYTEA NOT NULL,
    CONSTRAINT pk_deidentified_export PRIMARY KEY (id)
);

CREATE TABLE reidentification (
    project TEXT COLLATE "C" NOT NULL,
    lookup TEXT COLLATE "C" NOT NULL,
    sealed BYTEA NOT NULL,
    at DOUBLE PRECISION DEFAULT '0' NOT NULL,
    CONSTRAINT pk_reidentification PRIMARY KEY (project, lookup)
);
