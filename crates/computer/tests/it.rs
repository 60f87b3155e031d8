use computer::{namespaces::*, *};
use std::path::PathBuf;
#[tokio::test]
async fn smoke() {
    let home = tempfile::tempdir().unwrap();
    let b =
        Namespaces::new(home.path(), PathBuf::from(env!("CARGO_BIN_EXE_whimbrel-computer-helper")))
            .unwrap();
    println!("{:?}", b.limits_by());
    let spec = Spec { limits: domain::Limits::default(), network: Network::None };
    let c = b.fork(&b.bare(), &spec).await.unwrap();
    for cmd in [
        "id; ls -la / /dev /etc /proc/sys/kernel/hostname; env; pwd; cat /proc/self/mountinfo /proc/self/status; ps ax",
        "time python3 --version; cargo --version; node --version; git --version",
        "mkdir x; cd x; git init; echo a>a; git add a; git commit -m a; git log; ls -la",
        "touch /usr/x; mount -t tmpfs none /mnt; unshare -U true; unshare -m true; cat /proc/sys/user/max_user_namespaces; ip a; exit 5",
    ] {
        let e = c.run(Exec::new(["bash", "-c", cmd])).await.unwrap();
        println!("{:?} {:?}\n{}", e.status, e.duration, e.text());
    }
    c.destroy().await.unwrap();
    for f in
        probe(home.path(), &PathBuf::from(env!("CARGO_BIN_EXE_whimbrel-computer-helper"))).await
    {
        println!("{f:?}");
    }
}
