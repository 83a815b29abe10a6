//! Thresholds that are promoted over the configuration file, and taken away again.

use warmline_core::ConfigVersion;
use warmline_journal::RecordChange;

use crate::config::Config;
use crate::error::Error;
use crate::layer::Layer;
use crate::warmline::{Warmline, teaching};

impl Warmline {
    /// The configuration as the file has it, without what was promoted over it.
    pub fn file(&self) -> Config {
        Config::clone(&self.inner.shared.current().file)
    }

    /// Puts `layer` over the configuration file, in place of the one before it, and remembers it
    /// together with `changes`. It is on disk before it decides anything; conversations move to it
    /// at their next turn.
    ///
    /// # Errors
    /// [`Error::Config`] for a layer that is no policy, [`Error::Invalid`] for one that rests on
    /// something else than what the file says, and as [`reload`](Self::reload); then everything
    /// stays as it was.
    pub async fn promote(
        &self,
        layer: Layer,
        mut changes: Vec<RecordChange>,
    ) -> Result<ConfigVersion, Error> {
        let _alone = self.inner.shared.teaching.lock().await;
        let file = self.file();
        if layer.ground != file.ground() {
            let reason = "the configuration's thresholds or detectors are not those that it rests \
                          on";
            return Err(Error::Invalid(reason.to_owned()));
        }
        let config = file.layered(&layer.text)?;
        changes.push(layer.kept());
        let version = self.replace(&file, config, changes).await?;
        tracing::info!(layer = layer.id, by = layer.by, %version, "thresholds were promoted");
        Ok(version)
    }

    /// Takes away the layer, so that the file alone counts, and remembers `changes`.
    ///
    /// # Errors
    /// As [`reload`](Self::reload).
    pub async fn demote(&self, mut changes: Vec<RecordChange>) -> Result<ConfigVersion, Error> {
        let _alone = self.inner.shared.teaching.lock().await;
        let file = self.file();
        changes.push(Layer::dropped());
        let version = self.replace(&file, file.clone(), changes).await?;
        tracing::info!(%version, "the promoted thresholds were taken away");
        Ok(version)
    }

    /// Puts `config` in force, which is `file` with or without a layer. Whoever calls it holds
    /// [`Shared::teaching`](crate::setup::Shared::teaching).
    async fn replace(
        &self,
        file: &Config,
        config: Config,
        changes: Vec<RecordChange>,
    ) -> Result<ConfigVersion, Error> {
        let shared = &self.inner.shared;
        let lessons = teaching::lessons(&*shared.journal)?;
        let setup = self.inner.parts.setup(&config, &lessons).await?;
        let setup = setup.over(file.clone());
        // The text first: a decision must find it. One that never decides anything does no harm.
        shared.record(&config).await?;
        shared.journal.change(changes).await?;
        let version = config.workflow.version.clone();
        shared.install(setup);
        Ok(version)
    }
}
