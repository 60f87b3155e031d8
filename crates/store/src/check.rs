//! Whether the database can be used.

use crate::{Error, Store};

/// Takes the right to write, and writes nothing.
pub async fn writable(store: &Store) -> Result<(), Error> {
    // Dropped without a commit: it has done nothing.
    drop(store.write_lightly("write").await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[tokio::test]
    async fn looking_leaves_nothing() {
        let (_home, store) = sample::store().await;
        writable(&store).await.unwrap();
        writable(&store).await.unwrap();
        assert!(crate::task::list(&store, &Default::default(), 1).await.unwrap().is_empty());
    }
}
