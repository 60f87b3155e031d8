insert into projects values ('70000000', '{"path":"/srv/ease"}');
insert into tasks values (
    '10000000', '70000000', 'fix it', '"code"',
    '{"agent":"mechanic","model":null,"attempts":1,"limits":{"wall_ms":1800000,"memory_bytes":4294967296,"processes":512,"output_bytes":8388608},"seed":7}',
    '{"branch":"main","commit":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}',
    1000000, 'offered', '{"is":"offered","attempt":"10000000.1","pull_request":"10000000"}');
insert into attempts values (
    '10000000.1', '10000000', 1, 1000000, 1000001, 1000002, 2, 2, 'ended',
    '{"is":"ended","outcome":{"outcome":"changed"}}');
insert into events values ('10000000.1', 1, 1000000, '{"fact":"created"}');
insert into events values (
    '10000000.1', 2, 1000002,
    '{"fact":"moved","state":{"is":"ended","outcome":{"outcome":"changed"}}}');
insert into leases values ('10000000.1', '17-000000000000002a', 30000, 1030000);
insert into reports values ('10000000.1', 'Fix it', 'It is fixed.');
insert into changes values (
    '10000000.1',
    '{"base":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","head":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","commits":["Fix it"],"files":[]}');
insert into evidence values (
    '10000000.1',
    '{"base":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","head":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","checks":[{"name":"test","command":"pytest","base":{"exit":{"how":"code","code":1},"duration_ms":5,"log":"a"},"head":{"exit":{"how":"code","code":0},"duration_ms":5,"log":"b"}}],"tests":{"known":true,"passed_base":1,"failed_base":1,"passed_head":2,"failed_head":0,"fixed":["t"],"broken":[],"added":[],"removed":[]},"notes":[]}');
insert into pull_requests values (
    '10000000', '70000000', '10000000.1', 'whimbrel/fix-it-10000000', 'main',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',
    'Fix it', 'It is fixed.', 1000003, 'open', '{"is":"open"}');
