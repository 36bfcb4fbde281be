-- The tables of a store that MLflow 3.17 wrote with SQLite, without those that no import reads.
CREATE TABLE alembic_version (
  version_num VARCHAR(32) NOT NULL,
  CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE "experiments" (
  experiment_id INTEGER NOT NULL,
  name VARCHAR(256) NOT NULL,
  artifact_location VARCHAR(256),
  lifecycle_stage VARCHAR(32),
  creation_time BIGINT,
  last_update_time BIGINT,
  workspace VARCHAR(63) DEFAULT 'default' NOT NULL,
  CONSTRAINT experiment_pk PRIMARY KEY (experiment_id),
  CONSTRAINT experiments_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')),
  CONSTRAINT uq_experiments_workspace_name UNIQUE (workspace, name)
);
CREATE TABLE "runs" (
  run_uuid VARCHAR(32) NOT NULL,
  name VARCHAR(250),
  source_type VARCHAR(20),
  source_name VARCHAR(500),
  entry_point_name VARCHAR(50),
  user_id VARCHAR(256),
  status VARCHAR(9),
  start_time BIGINT,
  end_time BIGINT,
  source_version VARCHAR(50),
  lifecycle_stage VARCHAR(20),
  artifact_uri VARCHAR(200),
  experiment_id INTEGER, deleted_time BIGINT,
  CONSTRAINT run_pk PRIMARY KEY (run_uuid),
  CONSTRAINT runs_lifecycle_stage CHECK (lifecycle_stage IN ('active', 'deleted')),
  CONSTRAINT source_type CHECK (source_type IN ('NOTEBOOK', 'JOB', 'LOCAL', 'UNKNOWN', 'PROJECT')),
  FOREIGN KEY(experiment_id) REFERENCES experiments (experiment_id),
  CHECK (status IN ('SCHEDULED', 'FAILED', 'FINISHED', 'RUNNING', 'KILLED'))
);
CREATE TABLE "params" (
  "key" VARCHAR(250) NOT NULL,
  value VARCHAR(8000) NOT NULL,
  run_uuid VARCHAR(32) NOT NULL,
  CONSTRAINT param_pk PRIMARY KEY ("key", run_uuid),
  FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
CREATE TABLE "metrics" (
  "key" VARCHAR(250) NOT NULL,
  value FLOAT NOT NULL,
  timestamp BIGINT NOT NULL,
  run_uuid VARCHAR(32) NOT NULL,
  step BIGINT DEFAULT '0' NOT NULL,
  is_nan BOOLEAN DEFAULT '0' NOT NULL,
  CONSTRAINT metric_pk PRIMARY KEY ("key", timestamp, step, run_uuid, value, is_nan),
  FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid),
  CHECK (is_nan IN (0, 1))
);
CREATE TABLE "latest_metrics" (
  "key" VARCHAR(250) NOT NULL,
  value FLOAT NOT NULL,
  timestamp BIGINT,
  step BIGINT NOT NULL,
  is_nan BOOLEAN NOT NULL,
  run_uuid VARCHAR(32) NOT NULL,
  CONSTRAINT latest_metric_pk PRIMARY KEY ("key", run_uuid),
  FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid),
  CHECK (is_nan IN (0, 1))
);
CREATE TABLE "tags" (
  "key" VARCHAR(250) NOT NULL,
  value VARCHAR(8000),
  run_uuid VARCHAR(32) NOT NULL,
  CONSTRAINT tag_pk PRIMARY KEY ("key", run_uuid),
  FOREIGN KEY(run_uuid) REFERENCES runs (run_uuid)
);
INSERT INTO alembic_version VALUES ('dc11669786a5');
INSERT INTO experiments VALUES (0, 'Default', '/lab/mlruns/0', 'active', 1795554832936, 1795554832936, 'default');
INSERT INTO experiments VALUES (1, 'digits / cnn', 'file://{artifacts}', 'active', 1795554832938, 1795554832938, 'default');
INSERT INTO runs VALUES ('720efaae368f4d09965491f272630000', 'first', 'UNKNOWN', '', '', 'ada', 'FINISHED', 1795554832941, 1795554832981, '', 'active', 'file://{artifacts}/720efaae368f4d09965491f272630000/artifacts', 1, NULL);
INSERT INTO runs VALUES ('54aaddc5b711415a8e13263cb84cb1df', 'second', 'UNKNOWN', '', '', 'ada', 'FAILED', 1795554832986, 1795554832993, '', 'active', 'file://{artifacts}/54aaddc5b711415a8e13263cb84cb1df/artifacts', 1, NULL);
INSERT INTO runs VALUES ('59daed84cbdc4342bb785e7bae0914f6', 'vaunted-moose-454', 'UNKNOWN', '', '', 'unknown', 'RUNNING', 1795554832996, NULL, '', 'active', 'file://{artifacts}/59daed84cbdc4342bb785e7bae0914f6/artifacts', 1, NULL);
INSERT INTO runs VALUES ('47c5e3a638c94b11bd8d8f5a53994277', 'youthful-ox-179', 'UNKNOWN', '', '', 'unknown', 'FINISHED', 1795554833000, 1795554833004, '', 'deleted', 'file://{artifacts}/47c5e3a638c94b11bd8d8f5a53994277/artifacts', 1, 1795554833008);
INSERT INTO params VALUES ('rate', '0.1', '720efaae368f4d09965491f272630000');
INSERT INTO params VALUES ('epochs', '3', '720efaae368f4d09965491f272630000');
INSERT INTO params VALUES ('model', 'cnn', '720efaae368f4d09965491f272630000');
INSERT INTO params VALUES ('shuffle', 'True', '720efaae368f4d09965491f272630000');
INSERT INTO params VALUES ('none', 'None', '720efaae368f4d09965491f272630000');
INSERT INTO params VALUES ('rate', '1e-3', '54aaddc5b711415a8e13263cb84cb1df');
INSERT INTO metrics VALUES ('loss', 1.0, 1795554832955, '720efaae368f4d09965491f272630000', 0, 0);
INSERT INTO metrics VALUES ('loss', 0.5, 1795554832960, '720efaae368f4d09965491f272630000', 1, 0);
INSERT INTO metrics VALUES ('loss', 0.3333333333333333, 1795554832964, '720efaae368f4d09965491f272630000', 2, 0);
INSERT INTO metrics VALUES ('val/acc', 0.0, 1795554832967, '720efaae368f4d09965491f272630000', 2, 1);
INSERT INTO latest_metrics VALUES ('loss', 0.3333333333333333, 1795554832964, 2, 0, '720efaae368f4d09965491f272630000');
INSERT INTO latest_metrics VALUES ('val/acc', 0.0, 1795554832967, 2, 1, '720efaae368f4d09965491f272630000');
INSERT INTO tags VALUES ('mlflow.user', 'ada', '720efaae368f4d09965491f272630000');
INSERT INTO tags VALUES ('mlflow.source.name', '/lab/make.py', '720efaae368f4d09965491f272630000');
INSERT INTO tags VALUES ('mlflow.source.type', 'LOCAL', '720efaae368f4d09965491f272630000');
INSERT INTO tags VALUES ('mlflow.runName', 'first', '720efaae368f4d09965491f272630000');
INSERT INTO tags VALUES ('team', 'vision', '720efaae368f4d09965491f272630000');
INSERT INTO tags VALUES ('mlflow.note.content', 'A *note*.', '720efaae368f4d09965491f272630000');
INSERT INTO tags VALUES ('mlflow.user', 'ada', '54aaddc5b711415a8e13263cb84cb1df');
INSERT INTO tags VALUES ('mlflow.source.name', '/lab/make.py', '54aaddc5b711415a8e13263cb84cb1df');
INSERT INTO tags VALUES ('mlflow.source.type', 'LOCAL', '54aaddc5b711415a8e13263cb84cb1df');
INSERT INTO tags VALUES ('mlflow.runName', 'second', '54aaddc5b711415a8e13263cb84cb1df');
INSERT INTO tags VALUES ('mlflow.runName', 'vaunted-moose-454', '59daed84cbdc4342bb785e7bae0914f6');
INSERT INTO tags VALUES ('mlflow.runName', 'youthful-ox-179', '47c5e3a638c94b11bd8d8f5a53994277');
