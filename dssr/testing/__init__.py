"""The rules for connectors, transports and executors, as tests that authors of others can run.

Install them with ``pip install 'dssr[testing]'``. Each suite is a class; a test file inherits it
and has a fixture with what is under test:

===========================================================  ========================  =============
suite                                                        for                       fixture
===========================================================  ========================  =============
``dssr.testing.connector.ConnectorContract``                 every connector           ``harness``
``dssr.testing.script_connector.ScriptConnectorContract``    one that runs scripts     ``harness``
``dssr.testing.directory_listing.DirectoryListingContract``  one that lists files      ``harness``
``dssr.testing.records.RecordsContract``                     one that keeps records    ``harness``
``dssr.testing.script_records.ScriptRecordsContract``        ... and runs scripts      ``harness``
``dssr.testing.abilities.HoldContract``                      one that holds jobs       ``harness``
``dssr.testing.abilities.OutputContract``                    one that reads outputs    ``harness``
``dssr.testing.abilities.CheckContract``                     one that checks jobs      ``harness``
``dssr.testing.abilities.ClusterContract``                   one that shows a cluster  ``harness``
``dssr.testing.job_files.JobFilesContract``                  one that serves files     ``harness``
``dssr.testing.transport.TransportContract``                 a transport               ``transport``
``dssr.testing.executor.ExecutorContract``                   an executor               ``place``
``dssr.testing.executor.RequestContract``                    one for both APIs         ``place``
``dssr.testing.executor.ShebangContract``                    one that obeys ``#!``     ``place``
===========================================================  ========================  =============

``ConnectorContract`` fails for a connector that has one of these abilities when its test class does
not inherit the rules for it.

A harness makes jobs for one connector and waits for them (``dssr.testing.harness``). For a
connector with a clock of its own, which fails the jobs whose script is ``fail``::

    import pytest
    from dssr.job import JobSpec
    from dssr.testing.connector import ConnectorContract
    from dssr.testing.harness import Harness
    from mine import MyConnector

    class MyHarness(Harness):
        def __init__(self):
            self.now = 1_000_000.0
            self.connector = MyConnector(clock=lambda: self.now)
        def job(self, name, number, script):
            return JobSpec(name, number, 1, source=script, script=script)
        def succeeding(self, name, number=1):
            return self.job(name, number, "echo")
        def failing(self, name, number=1):
            return self.job(name, number, "fail")
        def lasting(self, name, number=1):
            return self.job(name, number, "sleep 600")
        def later(self, seconds):
            self.now += seconds
        def pass_time(self):
            self.now += 1

    @pytest.fixture
    def harness():
        return MyHarness()

    class TestMyConnector(ConnectorContract):
        pass

No other package of dssr imports pytest.
"""

import pytest

for _module in (
    "abilities",
    "connector",
    "directory_listing",
    "executor",
    "harness",
    "job_files",
    "job_place",
    "records",
    "script_connector",
    "script_records",
    "transport",
):
    pytest.register_assert_rewrite(f"{__name__}.{_module}")
